import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

// The schools work in Chinese, and so do these tours.
const tours = registry.category("web_tour.tours");
const column = (name) => `.o_kanban_group:has(.o_kanban_header:contains(${name}))`;
const card = (name, text) => `${column(name)} .o_kanban_record:contains(${text})`;

/** A class teacher files a report; the student is found by the initials of the name. */
tours.add("crisis_report", {
    steps: () => [
        {
            trigger: ".modal .o_field_widget[name=student_ids] input",
            run: "edit lxh",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(林小禾)",
            run: "click",
        },
        {
            content: "Danger shows what to do first",
            trigger: ".modal .o_field_widget[name=immediate_danger] input[data-value=yes]",
            run: "click",
        },
        {
            trigger: ".modal .alert-danger:contains(120)",
        },
        {
            trigger: ".modal .o_field_widget[name=told_in_person] input[data-value=yes]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=description] textarea",
            run: "edit 说不想活了，一直哭。",
        },
        {
            trigger: ".modal .o_field_widget[name=location] input",
            run: "edit 教室",
        },
        {
            trigger: ".modal footer button[name=action_receipt]",
            run: "click",
        },
        {
            content: "The receipt names the reference",
            trigger: ".o_notification:contains(CR/)",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});

/** The reporter sees that the report has arrived, and no more. */
tours.add("crisis_my_reports", {
    steps: () => [
        {
            trigger: ".o_data_row:contains(林小禾):contains(已收到) .o_data_cell[name=name]",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=description]:contains(不想活)",
        },
        {
            trigger: ".o_form_view:not(:has(button[name=action_triage])):not(:has([name=outcome]))",
        },
    ],
});

/** Triage, board, a refusal by a gate that is mended, closing. */
tours.add("crisis_triage_to_closed", {
    steps: () => [
        {
            trigger: ".o_data_row:contains(林小禾) .o_data_cell[name=name]",
            run: "click",
        },
        {
            trigger: "button[name=action_triage].btn-primary",
            run: "click",
        },
        {
            trigger: ".modal footer button[name=action_confirm]",
            run: "click",
        },
        {
            content: "The new case opens: verified, red",
            trigger: ".o_form_view .o_field_widget[name=risk_level] .o_crisis_level_red",
        },
        {
            trigger: ".o_main_navbar [data-menu-xmlid='crisis_intervention.crisis_case_menu']",
            run: "click",
        },
        {
            trigger: card("发现", "林小禾"),
            run: `drag_and_drop(${column("确认")})`,
        },
        {
            trigger: card("确认", "林小禾"),
        },
        {
            content: "Cases begin in the first column only",
            trigger: `${column("发现")}:has(.o_kanban_quick_add) ~ ${column("确认")}:not(:has(.o_kanban_quick_add))`,
        },
        {
            content: "A case that was never verified is refused",
            trigger: card("发现", "周子墨"),
            run: `drag_and_drop(${column("确认")})`,
        },
        {
            trigger: ".modal .modal-body:contains(危机已核实)",
        },
        {
            trigger: ".modal .modal-footer button",
            run: "click",
        },
        {
            content: "The card is back",
            trigger: card("发现", "周子墨"),
        },
        {
            trigger: card("确认", "林小禾"),
            run: `drag_and_drop(${column("方案")})`,
        },
        {
            trigger: card("方案", "林小禾"),
            run: "click",
        },
        {
            trigger: ".o_form_view button[name=action_next_stage]",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(干预)",
        },
        {
            trigger: ".o_form_view button[name=action_next_stage]",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(跟进)",
        },
        {
            trigger: ".o_form_view button[name=action_next_stage]",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(恢复)",
        },
        {
            content: "Closing needs a summary: the checklist leads to it",
            trigger: ".o_crisis_gates li[data-gate=summary] button",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=outcome] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains(恢复)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=closing_summary] textarea",
            run: "edit 已恢复，下学期回访。",
        },
        {
            trigger: ".modal footer button[name=action_summarise]",
            run: "click",
        },
        {
            trigger: ".o_crisis_gates li[data-gate=summary] .fa-check-circle",
        },
        {
            trigger: ".o_form_view button[name=action_next_stage]",
            run: "click",
        },
        {
            trigger: ".o_form_view .ribbon:contains(结案)",
        },
    ],
});

/** The principal reads the confidential background, but does not write it. */
tours.add("crisis_principal_reads", {
    steps: () => [
        {
            trigger: ".o_notebook_headers a[name=background]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=background]:contains(父母分居):not(:has(textarea))",
        },
        {
            trigger: ".o_field_widget[name=risk_formulation]:not(:has(textarea))",
        },
    ],
});

/** The head teacher sees the shared part of the own class, and cannot move cards. */
tours.add("crisis_head_teacher_sees_shared_part", {
    steps: () => [
        {
            trigger:
                ".o_kanban_view:not(:has(.o_kanban_record:contains(周子墨))):not(:has(.o_draggable))",
        },
        {
            trigger: ".o_kanban_record:contains(林小禾)",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=shared_advice]:contains(多陪伴)",
        },
        {
            trigger:
                ".o_form_view:not(:has(a[name=background])):not(:has(a[name=deadlines])):not(:has(a[name=closing])):not(:has([name=category_ids]))",
        },
    ],
});

/** The school doctor sees medical cases only. */
tours.add("crisis_doctor_sees_medical_cases", {
    steps: () => [
        {
            trigger: ".o_kanban_record:contains(周子墨)",
        },
        {
            trigger: ".o_kanban_view:not(:has(.o_kanban_record:contains(林小禾)))",
        },
    ],
});

/** The rating form, filled in with the keyboard alone; its red flag raises the case. */
tours.add("crisis_assess", {
    steps: () => [
        {
            trigger: "[data-gate=assessment] button",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=instrument_id] input",
            run: "edit 心理危机",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains(心理危机评估表)",
            run: "click",
        },
        {
            content: "The student comes from the case",
            trigger: ".o_field_widget[name=student_id] input:value(林小禾)",
        },
        {
            trigger: "[data-item='1'] input[value='0']",
            run: "click",
        },
        // thoughts, plan, means and attempts, then what protects
        ...[..."222001101210332"].flatMap((digit, index) => [
            {
                trigger: `[data-item="${index + 1}"]:has(input:focus)`,
                run: `press ${digit}`,
            },
            {
                trigger: `[data-item="${index + 1}"] input[value="${digit}"]:checked`,
            },
        ]),
        {
            content: "All of the fifteen items that are no free text",
            trigger: ".o_crisis_progress:contains(已答 15 题，共 15 题)",
        },
        {
            trigger: "button[name=action_complete]",
            run: "click",
        },
        {
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "Scored, the red flags named, locked",
            trigger: ".o_form_view .alert-danger:contains(红旗):contains(是否有计划)",
        },
        {
            trigger:
                ".o_crisis_questionnaire:not(:has(.o_crisis_progress)):not(:has(input:enabled))",
        },
        {
            trigger: "button[name=action_decide]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=reason] textarea",
            run: "edit 学生说出了具体计划。",
        },
        {
            trigger: ".modal footer button[name=action_confirm]",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=proposal]:contains(已采纳)",
        },
    ],
});

/** The head teacher sees the new level, and nothing of the form. */
tours.add("crisis_head_teacher_sees_level", {
    steps: () => [
        {
            trigger: ".o_form_view .o_field_widget[name=risk_level] .o_crisis_level_red",
        },
        {
            trigger: ".o_form_view:not(:has(button[name=action_view_assessments]))",
        },
        {
            trigger:
                ".o_main_navbar:not(:has([data-menu-xmlid='crisis_intervention.crisis_assessment_menu_root']))",
        },
    ],
});

/** The principal sees result and red flags, but no single answer. */
tours.add("crisis_principal_sees_result", {
    steps: () => [
        {
            trigger: "button[name=action_view_assessments]",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains(心理危机评估表) .o_data_cell[name=name]",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_crisis_result:contains(重点关注)",
        },
        {
            trigger:
                ".o_form_view:not(:has(.o_crisis_questionnaire)):not(:has([name=addendum_ids]))",
        },
    ],
});

/** Somebody reads with a permission: the password first, then the texts and the time left. */
tours.add("crisis_reading_room", {
    steps: () => [
        {
            trigger: ".o_form_view button[name=action_read]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=password] input, .modal input[type=password]",
            run: "edit t_principal-password",
        },
        {
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_crisis_reading_room:contains(NOTESCANARY):contains(ANSWERCANARY)",
        },
        {
            trigger: ".o_crisis_reading_room .badge:contains(23:5)",
        },
    ],
});

/** Two people write the background of one case; the other one saves in the middle of it. */
tours.add("crisis_stale_background", {
    steps: () => [
        {
            content: "Open what is confidential",
            trigger: ".o_notebook .nav-link[name=background]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=background] textarea",
            run: "edit 父亲外出务工，每月回家一次。",
        },
        {
            content: "Somebody else saves meanwhile",
            trigger: ".o_form_view",
            async run() {
                // the test saves as a colleague when it is asked for a name
                const params = {
                    model: "crisis.case",
                    method: "name_search",
                    args: [],
                    kwargs: {},
                };
                await rpc("/web/dataset/call_kw/crisis.case/name_search", params);
            },
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Both texts, side by side",
            trigger: ".modal .o_crisis_stale_side[data-side=theirs]:contains(祖母照顾)",
        },
        {
            trigger: ".modal .o_crisis_stale_side[data-side=mine]:contains(每月回家一次)",
        },
        {
            trigger: ".modal .o_crisis_stale_go_on",
            run: "click",
        },
        {
            content: "What was written is still there",
            trigger:
                "body:not(:has(.modal)) .o_field_widget[name=background] textarea:value(每月回家一次)",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: ".modal .o_crisis_stale_text input[value=together]",
            run: "click",
        },
        {
            trigger: ".modal .o_crisis_stale_text textarea:value(祖母照顾)",
            run: "edit 父母分居，祖母照顾。父亲外出务工，每月回家一次。",
        },
        {
            trigger: ".modal .o_crisis_stale_save:enabled",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .o_form_view .o_form_saved",
        },
    ],
});
