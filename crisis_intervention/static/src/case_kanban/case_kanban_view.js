import { onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { RottingKanbanController } from "@mail/js/rotting_mixin/rotting_kanban_controller";
import { RottingKanbanHeader } from "@mail/js/rotting_mixin/rotting_kanban_header";
import { RottingKanbanRenderer } from "@mail/js/rotting_mixin/rotting_kanban_renderer";
import { rottingKanbanView } from "@mail/js/rotting_mixin/rotting_kanban_view";
import { Domain } from "@web/core/domain";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

/** Board of cases with a counter of overdue ones that leads to them. */
export class CaseKanbanController extends RottingKanbanController {
    static template = "crisis_intervention.CaseKanbanView";

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.overdue = useState({ count: 0 });
        onWillStart(() => this.countOverdue(this.props.domain));
        onWillUpdateProps((props) => this.countOverdue(props.domain));
    }

    /** Counts what the user may read and the search shows; the board does not wait for it. */
    countOverdue(domain) {
        const overdue = Domain.and([domain, [["next_deadline", "<", "now"]]]).toList();
        this.orm.searchCount("crisis.case", overdue).then((count) => {
            this.overdue.count = count;
        });
    }

    showOverdue() {
        const { searchModel } = this.env;
        const filter = Object.values(searchModel.searchItems).find((i) => i.name === "overdue");
        if (filter && !searchModel.query.some((q) => q.searchItemId === filter.id)) {
            searchModel.toggleSearchItem(filter.id);
        }
    }
}

/** A case begins in the first stage, so only its column offers a new one. */
export class CaseKanbanHeader extends RottingKanbanHeader {
    canQuickCreate() {
        const { group, list } = this.props;
        const isFirst = list.groupByField.name !== "stage_id" || list.groups[0].id === group.id;
        return super.canQuickCreate() && isFirst;
    }
}

/** Cards stay where they are for those who may only read cases. */
export class CaseKanbanRenderer extends RottingKanbanRenderer {
    static components = {
        ...RottingKanbanRenderer.components,
        KanbanHeader: CaseKanbanHeader,
    };

    get canResequenceRecords() {
        return super.canResequenceRecords && this.props.archInfo.activeActions.edit;
    }
}

export const caseKanbanView = {
    ...rottingKanbanView,
    Controller: CaseKanbanController,
    Renderer: CaseKanbanRenderer,
};

registry.category("views").add("crisis_case_kanban", caseKanbanView);
