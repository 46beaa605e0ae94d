import { registry } from "@web/core/registry";
import { SelectionField, selectionField } from "@web/views/fields/selection/selection_field";

/** Risk level as colour and word; an ordinary selection while it may be edited. */
export class RiskLevelField extends SelectionField {
    static template = "crisis_intervention.RiskLevelField";
}

export const riskLevelField = {
    ...selectionField,
    component: RiskLevelField,
    supportedTypes: ["selection"],
};

registry.category("fields").add("risk_level", riskLevelField);
