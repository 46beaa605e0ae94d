import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** The principal checks the register: on its page, in the list of checks, in the register itself. */
tours.add("crisis_register_state", {
    steps: () => [
        {
            content: "The state is good, and says so",
            trigger: ".o_form_view .alert-success .o_field_widget[name=statement]",
        },
        {
            trigger: ".o_form_view:not(:has(.alert-danger))",
        },
        {
            trigger: ".o_form_view button[name=action_check_now]",
            run: "click",
        },
        {
            trigger: ".o_form_view button[name=action_view_checks]",
            run: "click",
        },
        {
            content: "Nothing is selected, and the button is there",
            trigger: ".o_list_view button[name=action_check_now]",
            run: "click",
        },
        {
            trigger: ".o_form_view button[name=action_compare]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=link] input",
        },
        {
            trigger: ".modal footer button[special=cancel]",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});

/** In the list of the register: without and with a row selected. */
tours.add("crisis_register_list", {
    steps: () => [
        {
            trigger: ".o_list_view button[name=action_check_register]",
            run: "click",
        },
        {
            trigger: ".o_form_view .alert-success",
        },
        {
            trigger: ".breadcrumb-item a, .o_back_button",
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: ".o_control_panel button[name=action_check_register]",
            run: "click",
        },
        {
            trigger: ".o_form_view .alert-success",
        },
    ],
});
