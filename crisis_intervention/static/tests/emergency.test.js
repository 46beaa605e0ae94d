import { beforeEach, describe, expect, mockVibrate, test } from "@odoo/hoot";
import { click, queryAllTexts, waitFor } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, mockDate } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    makeServerError,
    models,
    mountView,
    mountWithCleanup,
    mockService,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { ConnectionLostError } from "@web/core/network/rpc";
import { ORM } from "@web/core/orm_service";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { session } from "@web/session";
import { FAST, SLOW } from "@crisis_intervention/emergency/emergency_service";
import { BOARD_EVERY } from "@crisis_intervention/emergency/emergency_board";
import { EmergencyStart } from "@crisis_intervention/emergency/emergency_start";
import { clearCipher } from "@crisis_intervention/../tests/clear_cipher";
import { Draft } from "@crisis_intervention/once/draft";
import { span } from "@crisis_intervention/emergency/moments";

describe.current.tags("desktop");

class Emergency extends models.Model {
    _name = "crisis.emergency";
    name = fields.Char();
    _records = [{ id: 7, name: "EM/2026/0007" }];
}

defineMailModels();
defineModels([Emergency]);

const network = { isLost: false };

beforeEach(() => {
    network.isLost = false;
    mockVibrate(() => true);
    patchWithCleanup(ORM.prototype, {
        async call() {
            const [, method] = arguments;
            if (network.isLost && !["get_views", "web_read"].includes(method)) {
                throw new ConnectionLostError("/web/dataset/call_kw");
            }
            return super.call(...arguments);
        },
    });
});

const alarm = (values = {}) => ({
    id: 7,
    name: "EM/2026/0007",
    kind: "Missing child",
    place: "Gate",
    is_drill: false,
    started: "2026-09-01 02:00:00",
    by: "Li",
    duties: "Security",
    stand_in_for: "",
    school: 1,
    ...values,
});

const board = (values = {}) => ({
    id: 7,
    name: "EM/2026/0007",
    kind: "Missing child",
    place: "Gate",
    is_drill: false,
    state: "running",
    outcome: "",
    started: "2026-09-01 02:00:00",
    ended: false,
    now: "2026-09-01 02:04:05",
    by: "Li",
    protocol: "Missing child",
    protocol_version: 1,
    principle: "Search and call",
    avoid: "Do not wait",
    me: 5,
    may_act: true,
    may_stand_down: false,
    must_acknowledge: false,
    my_duties: "Security",
    students: [],
    alerts: [
        {
            id: 1,
            user: 6,
            name: "Wang",
            duties: "Medical care",
            phone: "138",
            alerted: "2026-09-01 02:00:00",
            due: "2026-09-01 02:03:00",
            acknowledged: false,
            passed_on: false,
            stand_in_for: "",
        },
    ],
    steps: [step(1, { mine: true, due: "2026-09-01 02:05:00" }), step(2, { minutes: 3 })],
    events: [],
    call_targets: [{ code: "110", label: "110 police", number: "110" }],
    outcomes: [{ code: "resolved", label: "Danger over" }],
    ...values,
});

function step(id, values = {}) {
    return {
        id,
        name: `Step ${id}`,
        how: "How to do it",
        avoid: "",
        phone: "",
        duty: "Security",
        mine: false,
        parallel: false,
        minutes: 5,
        due: false,
        late: false,
        state: "todo",
        user: false,
        user_name: "",
        done: false,
        done_by: "",
        done_by_me: false,
        ...values,
    };
}

/** Lets the client be one of the staff; `answer()` gives what the server knows. */
function listen(answer, workerState = "DISCONNECTED") {
    patchWithCleanup(session, { crisis_staff: true });
    const callbacks = {};
    mockService("bus_service", () => ({
        workerState,
        addEventListener() {},
        removeEventListener() {},
        addChannel() {},
        deleteChannel() {},
        start() {},
        send() {},
        subscribe: (type, callback) => (callbacks[type] = callback),
        unsubscribe() {},
    }));
    onRpc("crisis.emergency", "alarms", () => {
        expect.step("alarms");
        return answer();
    });
    return callbacks;
}

const mountBoard = () =>
    mountView({
        type: "form",
        resModel: "crisis.emergency",
        resId: 7,
        arch: `<form><widget name="crisis_emergency_board"/></form>`,
    });

test("spans of time", () => {
    expect(span(5000)).toBe("0:05");
    expect(span(245000)).toBe("4:05");
    expect(span(3729000)).toBe("1:02:09");
    expect(span(-1)).toBe("0:00");
});

test("whoever is not on the staff is asked nothing", async () => {
    onRpc("crisis.emergency", "alarms", () => expect.step("alarms"));
    await mountWithCleanup(MainComponentsContainer);
    await advanceTime(SLOW * 2);
    expect.verifySteps([]);
    expect(".o_crisis_alarm").toHaveCount(0);
});

test("the alarm covers the screen until it is answered", async () => {
    let open = true;
    const callbacks = listen(
        () => ({ alarms: open ? [alarm()] : [], running: [alarm()] }),
        "CONNECTED"
    );
    mockService("action", {
        doAction: (name, options) => expect.step([name, options.props.resId]),
    });
    onRpc("crisis.emergency", "acknowledge", ({ args }) => {
        expect.step(["acknowledge", args[0]]);
        open = false;
        return true;
    });
    await mountWithCleanup(MainComponentsContainer);
    await animationFrame();
    expect(".o_crisis_alarm").toHaveText(/EMERGENCY[\s\S]*Missing child[\s\S]*Gate[\s\S]*Security/);
    expect.verifySteps(["alarms"]);
    await click(".o_crisis_alarm"); // beside the button: stays
    await animationFrame();
    expect(".o_crisis_alarm").toHaveCount(1);
    await click(".o_crisis_acknowledge");
    await animationFrame();
    expect(".o_crisis_alarm").toHaveCount(0);
    await expect.waitForSteps([
        ["acknowledge", [7]],
        "alarms",
        ["crisis_intervention.crisis_emergency_action", 7],
    ]);
    // the bus says that something changed, the client reads it
    open = true;
    callbacks.crisis_emergency({ id: 7 });
    await waitFor(".o_crisis_alarm");
    expect.verifySteps(["alarms"]);
});

test("without the websocket the client asks every few seconds", async () => {
    let found = [];
    listen(() => ({ alarms: found, running: found }));
    await mountWithCleanup(MainComponentsContainer);
    await animationFrame();
    expect.verifySteps(["alarms"]);
    found = [alarm({ is_drill: true, stand_in_for: "Wang" })];
    await advanceTime(FAST);
    await animationFrame();
    expect.verifySteps(["alarms"]);
    expect(".o_crisis_alarm").toHaveText(/DRILL[\s\S]*Wang/);
    expect(".o_crisis_alarm_card").toHaveClass("o_crisis_drill");
});

test("with the websocket it asks seldom, and lost network stops nothing", async () => {
    listen(() => ({ alarms: [], running: [] }), "CONNECTED");
    await mountWithCleanup(MainComponentsContainer);
    await animationFrame();
    expect.verifySteps(["alarms"]);
    await advanceTime(FAST * 2);
    expect.verifySteps([]);
    network.isLost = true;
    await advanceTime(SLOW);
    network.isLost = false;
    await advanceTime(SLOW);
    await expect.waitForSteps(["alarms"]);
});

test("the board ticks, shows clocks, and asks again by itself", async () => {
    mockDate("2026-09-01 02:04:05", 0);
    let state = board();
    onRpc("crisis.emergency", "board", () => {
        expect.step("board");
        return state;
    });
    onRpc("crisis.emergency", "done_step", ({ args }) => {
        expect.step(["done", ...args]);
        state = board({
            steps: [
                step(1, { mine: true, state: "done", done_by: "Me", done_by_me: true }),
                step(2),
            ],
        });
        return true;
    });
    await mountBoard();
    expect(".o_crisis_clock").toHaveText("4:05");
    // the mocked clock goes on while the board is drawn
    expect("[data-step='1'] .o_crisis_step_clock").toHaveText(/^0:5[45]$/);
    expect("[data-answer=late]").toHaveCount(1);
    expect.verifySteps(["board"]);
    await advanceTime(1000);
    expect(".o_crisis_clock").toHaveText("4:06");
    await click("[data-step='1'] .o_crisis_tick");
    await waitFor("[data-step='1'].o_crisis_step_done");
    expect.verifySteps([["done", [7], 1], "board"]);
    // somebody else ticks: seen without the websocket
    state = board({
        steps: [step(1, { state: "done" }), step(2, { state: "done", done_by: "Wang" })],
    });
    await advanceTime(BOARD_EVERY);
    await waitFor("[data-step='2']:contains(Wang)");
    expect.verifySteps(["board"]);
});

test("only my steps, details, take over and not needed", async () => {
    const state = board({
        steps: [step(1, { mine: true }), step(2, { user: 6, user_name: "Wang" })],
    });
    onRpc("crisis.emergency", "board", () => state);
    onRpc("crisis.emergency", "take_step", ({ args }) => {
        expect.step(["take", ...args]);
        return true;
    });
    onRpc("crisis.emergency", "skip_step", ({ args }) => {
        expect.step(["skip", ...args]);
        return true;
    });
    await mountBoard();
    expect(".o_crisis_step").toHaveCount(2);
    await contains(".btn-group button:contains(Mine)").click();
    expect(queryAllTexts(".o_crisis_step_name")).toEqual(["Step 1"]);
    await contains(".btn-group button:contains(All)").click();
    await contains("[data-step='2'] .o_crisis_step_text").click();
    expect(".o_crisis_step_more").toHaveText(/How to do it/);
    await contains(".o_crisis_take:contains(Take over)").click();
    await expect.waitForSteps([["take", [7], 2, 6]]);
    await contains("[data-step='2'] button:contains(Not needed)").click();
    await contains("[data-step='2'] form input").edit("nobody is hurt", { confirm: false });
    await contains("[data-step='2'] form button").click();
    await expect.waitForSteps([["skip", [7], 2, "nobody is hurt"]]);
});

test("what is done without network is kept and sent once", async () => {
    onRpc("crisis.emergency", "board", () => board());
    onRpc("crisis.emergency", "add_note", ({ args }) => {
        expect.step(["note", args[1]]);
        return true;
    });
    await mountBoard();
    network.isLost = true;
    await contains(".o_crisis_note").edit("he is at the gate", { confirm: false });
    await contains(".o_crisis_timeline button[type=submit]").click();
    await waitFor(".alert-warning:contains(1 waiting)");
    expect.verifySteps([]);
    network.isLost = false;
    await advanceTime(BOARD_EVERY);
    await expect.waitForSteps([["note", "he is at the gate"]]);
    await animationFrame();
    expect(".alert-warning").toHaveCount(0);
});

test("what was not sent before a reload is sent afterwards, in order, once", async () => {
    patchWithCleanup(session, { crisis_draft_key: "ab".repeat(32), db: "school" });
    patchWithCleanup(crypto.subtle, clearCipher);
    onRpc("crisis.emergency", "board", () => board());
    onRpc("crisis.emergency", "add_note", ({ args }) => {
        expect.step([args[1], args[3]]);
        return true;
    });
    await new Draft("crisis.emergency:7").keep({
        waiting: [
            { method: "add_note", args: ["first", false, "t1"], time: 1 },
            { method: "add_note", args: ["second", false, "t2"], time: 2 },
        ],
        note: "not yet",
    });
    network.isLost = true;
    await mountBoard();
    network.isLost = false;
    await advanceTime(BOARD_EVERY);
    await expect.waitForSteps([
        ["first", "t1"],
        ["second", "t2"],
    ]);
    await waitFor(".o_crisis_note");
    expect(".o_crisis_note").toHaveValue("not yet");
    expect(".o_crisis_unsent").toHaveCount(0);
    await advanceTime(BOARD_EVERY * 2);
    expect.verifySteps([]);
});

test("notes that wait are shown, and those that are refused too", async () => {
    onRpc("crisis.emergency", "board", () => board());
    onRpc("crisis.emergency", "add_note", () => {
        throw makeServerError({ message: "This emergency is over." });
    });
    await mountBoard();
    network.isLost = true;
    await contains(".o_crisis_note").edit("at the gate", { confirm: false });
    await contains(".o_crisis_timeline button[type=submit]").click();
    await waitFor(".o_crisis_unsent:contains(waiting to be sent):contains(at the gate)");
    network.isLost = false;
    expect.errors(1);
    await advanceTime(BOARD_EVERY);
    await waitFor(".o_crisis_refused:contains(at the gate)");
    expect(".o_crisis_unsent").toHaveCount(0);
    expect.verifyErrors(["RPC_ERROR"]);
});

test("who presses the button for what runs joins, or says that it is another event", async () => {
    onRpc("crisis.emergency", "start_screen", () => ({
        kinds: [{ code: "missing", label: "Missing child" }],
        places: ["Gate"],
        may_drill: false,
        running: [],
    }));
    onRpc("crisis.emergency", "start", ({ args }) => {
        expect.step(args);
        return args[3].length
            ? { id: 9, joined: false, by: "Me", started: "2026-09-01 02:06:00" }
            : { id: 7, joined: true, by: "Li", started: "2026-09-01 02:00:00" };
    });
    mockService("action", {
        doAction: (name, { props }) => expect.step(["open", props.resId]),
    });
    await mountWithCleanup(EmergencyStart, {
        props: { action: {}, actionId: 1, updateActionState() {}, className: "" },
    });
    await contains(".o_crisis_tile:contains(Missing)").click();
    await contains(".o_crisis_tile:contains(Gate)").click();
    await waitFor(".o_crisis_joined h2:contains(Li started this at)");
    expect(".o_crisis_tile").toHaveCount(0);
    expect.verifySteps([["missing", "Gate", false, []]]);
    await contains(".o_crisis_join").click();
    expect.verifySteps([["open", 7]]);
    await contains(".o_crisis_another").click();
    await expect.waitForSteps([
        ["missing", "Gate", false, [7]],
        ["open", 9],
    ]);
});

test("those without a duty see and do not act", async () => {
    onRpc("crisis.emergency", "board", () => board({ may_act: false }));
    await mountBoard();
    expect(".o_crisis_tick:enabled").toHaveCount(0);
    expect(".o_crisis_calls, .o_crisis_note, .o_crisis_student_search").toHaveCount(0);
    expect(".o_crisis_stand_down").toHaveCount(0);
});

test("a drill shows no students, and the chair stands down", async () => {
    onRpc("crisis.emergency", "board", () => board({ is_drill: true, may_stand_down: true }));
    onRpc("crisis.emergency", "stand_down", ({ args }) => {
        expect.step(["end", args[1]]);
        return true;
    });
    await mountBoard();
    expect(".o_crisis_drill_mark").toHaveText("DRILL");
    expect(".o_crisis_students").toHaveCount(0);
    await contains(".o_crisis_stand_down button").click();
    await contains("[data-outcome=resolved]").click();
    await expect.waitForSteps([["end", "resolved"]]);
});
