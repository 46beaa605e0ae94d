import { queryFirst } from "@odoo/hoot-dom";
import { registry } from "@web/core/registry";

// The whole loop, one tour per person and stretch of the way. The schools work in Chinese.
const tours = registry.category("web_tour.tours");
const column = (name) => `.o_kanban_group:has(.o_kanban_header:contains(${name}))`;
const card = (name, text = "林小禾") => `${column(name)} .o_kanban_record:contains(${text})`;
const state = (value) => `.o_statusbar_status .o_arrow_button_current[data-value=${value}]`;

/** Drags a card to another column, once the board stands still and shows both. */
const dragged = (from, to, text) => ({
    trigger: card(from, text),
    async run(helpers) {
        queryFirst(column(to)).scrollIntoView({ block: "nearest", inline: "end" });
        await new Promise((resolve) => setTimeout(resolve, 500));
        await helpers.drag_and_drop(column(to));
    },
});
/** Moves a card to the next column. */
const moved = (from, to, text) => [dragged(from, to, text), { trigger: card(to, text) }];
/** A card does not get into the next column: the message says what is missing. */
const refused = (from, to, missing, text) => [
    dragged(from, to, text),
    { trigger: `.modal .modal-body:contains(${missing})` },
    { trigger: ".modal .modal-footer button", run: "click" },
    { trigger: "body:not(:has(.modal))" },
    { trigger: card(from, text) },
];
/** Opens a case and does what its checklist still asks for. */
const mends = (from, gate, text) => [
    { trigger: card(from, text), run: "click" },
    { trigger: `.o_crisis_gates li[data-gate=${gate}] button`, run: "click" },
];
const typed = (field, words) => ({
    trigger: `.o_form_view .o_field_widget[name=${field}] textarea`,
    run: `edit ${words}`,
});
const saved = () => [
    { trigger: ".o_form_button_save", run: "click" },
    { trigger: ".o_form_view .o_form_saved" },
];
/** Signs what is on the screen, and confirms that it is final. */
const signed = () => [
    ...saved(),
    { trigger: "button[name=action_sign]", run: "click" },
    { trigger: ".modal footer .btn-primary", run: "click" },
    { trigger: state("signed") },
];

/** The psychology teacher decides on the report; an unverified case gets no further. */
tours.add("crisis_loop_verify", {
    steps: () => [
        { trigger: ".o_data_row:contains(林小禾) .o_data_cell[name=name]", run: "click" },
        { trigger: "button[name=action_triage].btn-primary", run: "click" },
        { trigger: ".modal footer button[name=action_confirm]", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=risk_level] .o_crisis_level_red" },
        // until the dialog is gone, the form below it is drawn anew
        { trigger: "body:not(:has(.modal))" },
        {
            content: "The school doctor is let in",
            trigger: ".o_field_widget[name=medical_involved] input",
            run: "click",
        },
        ...saved(),
        {
            trigger: ".o_main_navbar [data-menu-xmlid='crisis_intervention.crisis_case_menu']",
            run: "click",
        },
        ...moved("发现", "确认"),
        ...refused("发现", "确认", "危机已核实和已确定风险等级", "周子墨"),
        ...mends("发现", "verified", "周子墨"),
        { trigger: ".o_crisis_gates li[data-gate=verified] .fa-check-circle" },
        { trigger: ".o_crisis_gates li[data-gate=level] button", run: "click" },
        { trigger: ".modal .o_selection_badge:contains(重点关注)", run: "click" },
        { trigger: ".modal .o_field_widget[name=reason] textarea", run: "edit 两周以来情绪低落。" },
        { trigger: ".modal footer button[name=action_change_level]", run: "click" },
        { trigger: ".o_form_view button[name=action_next_stage]", run: "click" },
        { trigger: ".o_statusbar_status .o_arrow_button_current:contains(确认)" },
    ],
});

/** No plan before the assessment: the rating form is filled in. */
tours.add("crisis_loop_assess", {
    steps: () => [
        ...refused("确认", "方案", "已完成评估"),
        ...mends("确认", "assessment"),
        { trigger: ".o_field_widget[name=instrument_id] input", run: "edit 心理危机" },
        { trigger: ".o-autocomplete--dropdown-item:contains(心理危机评估表)", run: "click" },
        { trigger: "[data-item='1'] input[value='0']", run: "click" },
        ...[..."222001101210332"].flatMap((digit, index) => [
            { trigger: `[data-item="${index + 1}"]:has(input:focus)`, run: `press ${digit}` },
            { trigger: `[data-item="${index + 1}"] input[value="${digit}"]:checked` },
        ]),
        { trigger: "button[name=action_complete]", run: "click" },
        { trigger: ".modal footer .btn-primary", run: "click" },
        { trigger: state("done") },
    ],
});

/** No intervention before the plan, and no plan without a safety plan at this level. */
tours.add("crisis_loop_plan", {
    steps: () => [
        ...moved("确认", "方案"),
        ...refused("方案", "干预", "已制定干预方案"),
        ...mends("方案", "plan"),
        { trigger: ".o_field_widget[name=template_id] input", run: "click" },
        { trigger: ".o-autocomplete--dropdown-item:not(:has(.fa)):first", run: "click" },
        {
            content: "The template brings its measures, each with an owner",
            trigger:
                ".o_field_widget[name=measure_ids] .o_data_row .o_data_cell[name=user_id] span",
        },
        ...saved(),
        { trigger: "button[name=action_submit]", run: "click" },
        { trigger: ".modal .modal-footer button", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: ".o_notebook_headers a[name=safety]", run: "click" },
        typed("warning_signs", "整夜睡不着"),
        typed("helpers", "外婆"),
        typed("professionals", "心理老师，12356"),
        ...saved(),
        { trigger: "button[name=action_submit]", run: "click" },
        { trigger: state("waiting") },
    ],
});

/** No intervention before the plan is approved. */
tours.add("crisis_loop_unapproved", {
    steps: () => refused("方案", "干预", "方案已审批"),
});

/** The principal approves, with a word. */
tours.add("crisis_loop_approve", {
    steps: () => [
        { trigger: ".o_data_row:contains(林小禾) .o_data_cell[name=name]", run: "click" },
        { trigger: "button[name=action_ask_decision]", run: "click" },
        { trigger: ".modal .o_field_widget[name=comment] textarea", run: "edit 同意，每日汇报。" },
        { trigger: ".modal footer button[name=action_confirm]", run: "click" },
        { trigger: state("active") },
    ],
});

/** The school doctor records what was found. */
tours.add("crisis_loop_medical", {
    steps: () => [
        { trigger: ".o_field_widget[name=case_id] input", run: "edit CI/" },
        { trigger: ".o-autocomplete--dropdown-item:contains(CI/)", run: "click" },
        { trigger: ".o_field_widget[name=disposition] input", run: "click" },
        { trigger: ".o_select_menu_item:first", run: "click" },
        typed("finding", "左臂浅表划伤"),
        ...signed(),
    ],
});

/** No follow-up before a session was held and signed. */
tours.add("crisis_loop_session", {
    steps: () => [
        ...moved("方案", "干预"),
        ...refused("干预", "跟进", "已开展干预辅导"),
        ...mends("干预", "session"),
        { trigger: ".o_field_widget[name=limits_explained] input", run: "click" },
        typed("notes", "谈到家里的变化。"),
        ...signed(),
    ],
});

/** No recovery before a review. */
tours.add("crisis_loop_review", {
    steps: () => [
        ...moved("干预", "跟进"),
        ...refused("跟进", "恢复", "已完成复评"),
        ...mends("跟进", "review"),
        typed("changes", "情绪较上次平稳。"),
        typed("reason", "支持到位。"),
        ...signed(),
    ],
});

/** No closing without a summary, nor while a measure is open. */
tours.add("crisis_loop_summary", {
    steps: () => [
        ...moved("跟进", "恢复"),
        ...refused("恢复", "结案", "已填写结果和结案总结"),
        ...mends("恢复", "summary"),
        { trigger: ".modal .o_field_widget[name=outcome] input", run: "click" },
        { trigger: ".o_select_menu_item:contains(恢复)", run: "click" },
        {
            trigger: ".modal .o_field_widget[name=closing_summary] textarea",
            run: "edit 已恢复，下学期回访。",
        },
        { trigger: ".modal footer button[name=action_summarise]", run: "click" },
        { trigger: ".o_crisis_gates li[data-gate=summary] .fa-check-circle" },
        { trigger: ".o_form_view button[name=action_next_stage]", run: "click" },
        { trigger: ".modal .modal-body:contains(CI/)" },
        { trigger: ".modal .modal-footer button", run: "click" },
        { trigger: "body:not(:has(.modal))" },
    ],
});

/** Everything is settled: the case closes. */
tours.add("crisis_loop_closed", {
    steps: () => [
        { trigger: ".o_form_view button[name=action_next_stage]", run: "click" },
        { trigger: ".o_form_view .ribbon:contains(结案)" },
    ],
});
