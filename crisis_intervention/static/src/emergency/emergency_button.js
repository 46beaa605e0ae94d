import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

/** The red button in the bar at the top, for every member of staff, wherever they are in Odoo. */
export class EmergencyButton extends Component {
    static template = "crisis_intervention.EmergencyButton";
    static props = {};

    setup() {
        this.action = useService("action");
        this.emergency = useState(useService("crisis_emergency").state);
    }

    onClick() {
        this.action.doAction("crisis_intervention.crisis_emergency_start_action");
    }
}

registry
    .category("systray")
    .add("crisis_intervention.EmergencyButton", { Component: EmergencyButton }, { sequence: 200 });
