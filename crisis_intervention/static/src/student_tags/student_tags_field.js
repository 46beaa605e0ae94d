import { registry } from "@web/core/registry";
import {
    Many2ManyTagsField,
    many2ManyTagsField,
} from "@web/views/fields/many2many_tags/many2many_tags_field";
import { Many2XAutocomplete } from "@web/views/fields/relational_utils";

/** Offers matches while typing on a phone too, where Odoo opens a search dialog instead. */
class TypedAutocomplete extends Many2XAutocomplete {
    static template = "crisis_intervention.TypedAutocomplete";
}

/** Students as tags, found by name, initials or number as fast on a phone as on a desk. */
export class StudentTagsField extends Many2ManyTagsField {
    static components = {
        ...Many2ManyTagsField.components,
        Many2XAutocomplete: TypedAutocomplete,
    };
}

registry.category("fields").add("student_tags", {
    ...many2ManyTagsField,
    component: StudentTagsField,
});
