import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * What a case still needs before it may leave its stage, each with a button to do it.
 * Reads a list of {id, code, label, met}; the buttons call `action_gate(code)` of the record's model.
 */
export class GateChecklist extends Component {
    static template = "crisis_intervention.GateChecklist";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
    }

    get gates() {
        return this.props.record.data[this.props.name] || [];
    }

    get missing() {
        return this.gates.filter((gate) => !gate.met).length;
    }

    get nextStage() {
        return this.props.record.data.next_stage_id?.display_name || "";
    }

    /** Saves what was typed, does the step, and shows the record as it is then. */
    async onDo(gate) {
        const { record } = this.props;
        if (!(await record.save())) {
            return;
        }
        const action = await this.orm.call(record.resModel, "action_gate", [
            [record.resId],
            gate.code,
        ]);
        if (action) {
            await this.action.doAction(action, { onClose: () => record.load() });
        } else {
            await record.load();
        }
    }
}

registry.category("fields").add("gate_checklist", {
    component: GateChecklist,
    supportedTypes: ["json"],
    fieldDependencies: [{ name: "next_stage_id", type: "many2one" }],
});
