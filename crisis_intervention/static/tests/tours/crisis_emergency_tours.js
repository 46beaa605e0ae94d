import { registry } from "@web/core/registry";

// On the screen of a phone, in Chinese.
const tours = registry.category("web_tour.tours");

/** Two taps by somebody who has no duty; the student is named on the board. */
tours.add("crisis_emergency_start", {
    steps: () => [
        {
            content: "The red button is in the bar at the top, wherever one is",
            trigger: ".o_crisis_sos",
            run: "click",
        },
        {
            trigger: ".o_crisis_tile[data-kind=suicide]",
            run: "click",
        },
        {
            trigger: ".o_crisis_tile:contains(天台)",
            run: "click",
        },
        {
            content: "It runs, everybody with a duty is alerted, and nobody knows yet who it is",
            trigger: ".o_crisis_board_head:contains(天台) .o_crisis_clock",
        },
        {
            trigger:
                ".o_crisis_people .o_crisis_person[data-answer=waiting]:contains(t_psychology)",
        },
        {
            trigger: ".o_crisis_students:contains(尚不清楚)",
        },
        {
            trigger: ".o_crisis_student_search",
            run: "edit lxh",
        },
        {
            trigger: ".o_crisis_found button:contains(林小禾)",
            run: "click",
        },
        {
            trigger: ".o_crisis_students:contains(林小禾)",
        },
    ],
});

/** One of those alerted answers and ticks, while another browser ticks as well. */
tours.add("crisis_emergency_act", {
    steps: () => [
        {
            content: "The alarm covers the screen",
            trigger: ".o_crisis_alarm_card:contains(天台):contains(心理)",
        },
        {
            trigger: ".o_crisis_alarm .o_crisis_acknowledge",
            run: "click",
        },
        {
            trigger: "body:not(:has(.o_crisis_alarm)) .o_crisis_board",
        },
        {
            trigger: ".o_crisis_step:eq(0) .o_crisis_tick:enabled",
            run: "click",
        },
        {
            trigger: ".o_crisis_step:eq(0).o_crisis_step_done:contains(t_psychology)",
        },
        {
            content: "What the other browser did comes by itself",
            trigger: ".o_crisis_person[data-answer=yes]:contains(t_doctor)",
        },
        {
            trigger: ".o_crisis_step:eq(2).o_crisis_step_done:contains(t_doctor)",
        },
        {
            trigger: ".o_crisis_note",
            run: "edit 孩子愿意说话",
        },
        {
            trigger: ".o_crisis_timeline button[type=submit]",
            run: "click",
        },
        {
            trigger: ".o_crisis_event[data-event=note]:contains(孩子愿意说话)",
        },
        {
            trigger: "[data-call='120']",
            run: "click",
        },
        {
            trigger: ".o_crisis_event[data-event=call]:contains(120)",
        },
        {
            content: "Only the chair stands down",
            trigger: ".o_crisis_board:not(:has(.o_crisis_stand_down))",
        },
    ],
});

/** The chair ends it. */
tours.add("crisis_emergency_stand_down", {
    steps: () => [
        {
            trigger: ".o_crisis_alarm .o_crisis_acknowledge",
            run: "click",
        },
        {
            trigger: "body:not(:has(.o_crisis_alarm)) .o_crisis_stand_down button",
            run: "click",
        },
        {
            trigger: "[data-outcome=handed_over]",
            run: "click",
        },
        {
            trigger: ".o_crisis_board.o_crisis_over",
        },
        {
            content: "Now the summary is there",
            trigger: ".o_notebook_headers a[name=summary]",
        },
    ],
});

/** Summary, decision about the report, closing. */
tours.add("crisis_emergency_debrief", {
    steps: () => [
        {
            trigger: ".o_notebook_headers a[name=summary]",
            run: "click",
        },
        ...[
            ["what_happened", "学生站上天台，被劝下。"],
            ["causes", "天台门未锁。"],
            ["what_worked", "三分钟内到场。"],
        ].map(([name, text]) => ({
            trigger: `.o_field_widget[name=${name}] textarea`,
            run: `edit ${text}`,
        })),
        {
            trigger: ".o_notebook_headers a[name=report]",
            run: "click",
        },
        {
            trigger: "button[name=action_waive]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=comment] textarea",
            run: "edit 无伤害",
        },
        {
            trigger: ".modal footer button[name=action_confirm]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=waive_reason]:contains(无伤害)",
        },
        {
            trigger: ".o_statusbar_buttons button[name=action_close]",
            run: "click",
        },
        {
            content: "Closed: what is written stays",
            trigger: ".o_statusbar_status:contains(结案)",
        },
        {
            trigger: ".o_notebook_headers a[name=summary]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=what_worked]:not(:has(textarea))",
        },
    ],
});
