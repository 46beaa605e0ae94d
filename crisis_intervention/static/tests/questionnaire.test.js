import { beforeEach, describe, expect, test } from "@odoo/hoot";
import {
    click,
    edit,
    press,
    queryAll,
    queryAllTexts,
    queryFirst,
    queryOne,
    unload,
} from "@odoo/hoot-dom";
import { advanceTime, animationFrame, Deferred, mockSendBeacon } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");

const OFTEN = ["Not at all", "Several days", "Nearly every day"].map((label, index) => ({
    code: String(index),
    label,
}));
const YES_NO = [
    { code: "Y", label: "Yes" },
    { code: "N", label: "No" },
];
const item = (code, kind, values) => ({
    code,
    number: code,
    kind,
    text: `Question ${code}`,
    section: "",
    options: [],
    low: null,
    high: null,
    condition: null,
    ...values,
});
const LAYOUT = {
    items: [
        item("1", "choice", { section: "Mood", options: OFTEN }),
        item("2", "choice", { section: "Mood", options: OFTEN }),
        item("3", "yes_no", { section: "Safety", options: YES_NO }),
        item("3a", "number", {
            section: "Safety",
            low: 0,
            high: 10,
            condition: { items: ["3"], answers: ["Y"] },
        }),
        item("3b", "yes_no", {
            section: "Safety",
            options: YES_NO,
            condition: { items: ["3a"], answers: ["Y"] },
        }),
        item("4", "text", { section: "Safety" }),
    ],
};
const LOST = "[This text cannot be opened]";
const ALL = { 1: "0", 2: "2", 3: "Y", "3a": 4, 4: "He said so." };

class Form extends models.Model {
    _name = "form";
    name = fields.Char();
    locked = fields.Boolean();
    answers = fields.Json();
    questionnaire = fields.Json();
    other = fields.Json();
    _records = [
        { id: 1, name: "Empty", answers: false, questionnaire: LAYOUT },
        { id: 2, name: "Full", answers: ALL, questionnaire: LAYOUT },
        { id: 3, name: "No layout", answers: false, questionnaire: false },
        { id: 4, name: "Locked", answers: ALL, locked: true, questionnaire: LAYOUT },
        { id: 5, name: "Other", questionnaire: false, other: { items: LAYOUT.items.slice(0, 1) } },
        { id: 6, name: "Damaged", answers: { "": LOST }, questionnaire: LAYOUT },
    ];
}

defineMailModels();
defineModels([Form]);

const FIELD = `<field name="answers" widget="crisis_questionnaire" nolabel="1" readonly="locked"/>`;
const OTHER = `<field name="answers" widget="crisis_questionnaire" options="{'layout': 'other'}"/>`;
const NAMES = `<field name="name" required="1"/><field name="locked" invisible="1"/>`;
const mount = (resId, arch = `<form>${NAMES}${FIELD}</form>`) =>
    mountView({ type: "form", resModel: "form", resId, arch });

const row = (code) => `.o_crisis_item[data-item='${code}']`;
const option = (code, answer) => `${row(code)} input[value='${answer}']`;
const focusedItem = () => document.activeElement.closest("[data-item]")?.dataset.item;
const progress = () => queryOne(".o_crisis_progress > span:first-child").textContent;
const chosen = () =>
    Object.fromEntries(
        queryAll(".o_crisis_item input:checked").map((input) => [
            input.closest("[data-item]").dataset.item,
            input.value,
        ])
    );

/** Presses one key after the other on what has the focus. */
async function type(...keys) {
    for (const key of keys) {
        await press(key);
        await animationFrame();
    }
}

async function choose(code, answer) {
    await click(option(code, answer));
    await animationFrame();
}

/** Types into a number or text input and stays in it. */
async function write(code, text) {
    queryOne(`${row(code)} :is(input, textarea)`).focus();
    await edit(text);
    await animationFrame();
}

async function focus(code) {
    queryFirst(`${row(code)} input`).focus();
    await animationFrame();
}

/** Answers of every web_save, in their order. */
let saved;
/** What a web_save waits for before it is done. */
let saving;
beforeEach(() => {
    saved = [];
    saving = null;
    onRpc("web_save", async ({ args }) => {
        saved.push(args[1]);
        await saving;
    });
});

test("answers that cannot be opened are said to be so, and nothing is filled in over them", async () => {
    await mount(6);
    expect(".o_crisis_questionnaire [role='alert']").toHaveText(LOST);
    expect(".o_crisis_questionnaire input").toHaveCount(0);
    expect(".o_crisis_progress").toHaveCount(0);
});

test("the form has its sections, numbers and labels; items with the same options are a grid", async () => {
    await mount(1);
    expect(queryAllTexts(".o_crisis_questionnaire h3")).toEqual(["Mood", "Safety"]);
    expect(queryAll(".o_crisis_item").map((el) => el.dataset.item)).toEqual(["1", "2", "3", "4"]);
    expect(`${row("2")} .o_crisis_number`).toHaveText("2");
    expect(".o_crisis_grid").toHaveCount(1);
    expect(`.o_crisis_grid .o_crisis_item`).toHaveCount(2);
    expect(queryAllTexts(".o_crisis_grid_head span").filter(Boolean)).toEqual(
        OFTEN.map(({ label }) => label)
    );
    expect(`${row("1")} input[type=radio]`).toHaveCount(3);
    const group = queryOne(`${row("1")}[role=radiogroup]`);
    expect(`#${group.getAttribute("aria-labelledby")}`).toHaveText("Question 1");
    expect(queryOne(option("1", "1")).closest("label")).toHaveText(/Several days/);
    expect(chosen()).toEqual({});
});

test("a click chooses, another one changes, the cross clears", async () => {
    await mount(1);
    expect(`${row("1")} button[name=clear]`).toHaveCount(0);
    await choose("1", "2");
    await click(`${row("1")} .o_crisis_option[data-option='1']`);
    await animationFrame();
    expect(chosen()).toEqual({ 1: "1" });
    await choose("2", "0");
    await contains(`${row("1")} button[name=clear]`).click();
    expect(chosen()).toEqual({ 2: "0" });
    expect(focusedItem()).toBe("1");
    await contains(".o_form_button_save").click();
    expect(saved).toEqual([{ answers: { 2: "0" } }]);
});

test("a typed code answers and moves on, in either case and to an item it makes asked", async () => {
    await mount(1);
    await focus("1");
    await type("2", "0");
    expect(chosen()).toEqual({ 1: "2", 2: "0" });
    expect(focusedItem()).toBe("3");
    await type("7");
    expect(focusedItem()).toBe("3");
    await type("y");
    expect(chosen()).toEqual({ 1: "2", 2: "0", 3: "Y" });
    expect(focusedItem()).toBe("3a");
    expect(document.activeElement).toBe(queryOne(`${row("3a")} input`));
});

test("keys typed faster than the screen follows each answer an item", async () => {
    await mount(1);
    await focus("1");
    await press("1");
    await press("2");
    await press("n");
    await animationFrame();
    expect(chosen()).toEqual({ 1: "1", 2: "2", 3: "N" });
    expect(focusedItem()).toBe("4");
});

test("where codes are longer than a character, the position is typed", async () => {
    const options = ["never", "often"].map((code) => ({ code, label: code }));
    Form._records[0].questionnaire = { items: [item("1", "choice", { options })] };
    await mount(1);
    await focus("1");
    await type("2");
    expect(chosen()).toEqual({ 1: "often" });
    await type("3", "o");
    expect(chosen()).toEqual({ 1: "often" });
});

test("arrows go through options and items, Home and End to the ends, Backspace clears", async () => {
    await mount(1);
    await focus("1");
    await type("ArrowRight");
    expect(chosen()).toEqual({ 1: "0" });
    await type("ArrowRight", "ArrowRight", "ArrowRight");
    expect(chosen()).toEqual({ 1: "2" });
    expect(document.activeElement).toBe(queryOne(option("1", "2")));
    await type("ArrowLeft");
    expect(chosen()).toEqual({ 1: "1" });
    await type("ArrowDown", "ArrowDown");
    expect(focusedItem()).toBe("3");
    await type("ArrowUp");
    expect(focusedItem()).toBe("2");
    await type("ArrowLeft");
    expect(chosen()).toEqual({ 1: "1", 2: "2" });
    await type("End");
    expect(focusedItem()).toBe("4");
    await type("ArrowUp", "Home");
    expect(focusedItem()).toBe("1");
    await type("Backspace");
    expect(chosen()).toEqual({ 2: "2" });
    expect(focusedItem()).toBe("1");
    await type("ArrowDown", "Delete");
    expect(chosen()).toEqual({});
});

test("Tab and shortcuts are left to the browser", async () => {
    await mount(1);
    await focus("2");
    for (const [key, taken] of [
        ["Tab", false],
        ["Enter", false],
        ["x", false],
        ["ArrowUp", true],
    ]) {
        const ev = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
        document.activeElement.dispatchEvent(ev);
        expect(ev.defaultPrevented).toBe(taken);
    }
    await press(["alt", "n"]);
    await press(["ctrl", "n"]);
    await animationFrame();
    expect(chosen()).toEqual({});
});

test("the progress counts what is asked and no free text; the jump finds and marks what is missing", async () => {
    await mount(1);
    expect(progress()).toBe("0 of 3");
    await choose("1", "0");
    await choose("3", "Y");
    expect(progress()).toBe("2 of 4");
    expect("progress").toHaveAttribute("max", "4");
    expect("progress").toHaveAttribute("value", "2");
    expect(".o_crisis_item_missing").toHaveCount(0);
    await contains("button[name=jump]").click();
    expect(focusedItem()).toBe("2");
    expect(queryAll(".o_crisis_item_missing").map((el) => el.dataset.item)).toEqual(["2", "3a"]);
    await type("0");
    expect(queryAll(".o_crisis_item_missing").map((el) => el.dataset.item)).toEqual(["3a"]);
    await contains("button[name=jump]").click();
    expect(focusedItem()).toBe("3a");
    await write("3a", "4");
    expect(progress()).toBe("4 of 4");
    expect("button[name=jump]").toHaveCount(0);
    expect(getComputedStyle(queryOne(".o_crisis_progress")).position).toBe("sticky");
});

test("a conditional item comes and goes with the answer it depends on, and its answer with it", async () => {
    await mount(1);
    expect(row("3a")).toHaveCount(0);
    await choose("3", "Y");
    expect(row("3a")).toHaveCount(1);
    await write("3a", "4");
    await choose("3", "N");
    expect(row("3a")).toHaveCount(0);
    await contains(".o_form_button_save").click();
    expect(saved).toEqual([{ answers: { 3: "N" } }]);
    await choose("3", "Y");
    expect(`${row("3a")} input`).toHaveValue("");
});

test("an item that depends on a hidden one is hidden too, whatever was answered there", async () => {
    const items = [
        item("1", "yes_no", { options: YES_NO }),
        item("2", "yes_no", {
            options: YES_NO,
            condition: { items: ["1"], answers: ["Y"] },
        }),
        item("3", "yes_no", { options: YES_NO, condition: { items: ["2"], answers: ["Y"] } }),
        item("4", "yes_no", {
            options: YES_NO,
            condition: { items: ["1", "2"], answers: ["Y"] },
        }),
    ];
    Form._records[0].questionnaire = { items };
    Form._records[0].answers = { 1: "N", 2: "Y" };
    await mount(1);
    expect(queryAll(".o_crisis_item").map((el) => el.dataset.item)).toEqual(["1"]);
    await choose("1", "Y");
    expect(queryAll(".o_crisis_item").map((el) => el.dataset.item)).toEqual(["1", "2", "3", "4"]);
    await choose("2", "N");
    expect(queryAll(".o_crisis_item").map((el) => el.dataset.item)).toEqual(["1", "2", "4"]);
    await choose("2", "Y");
    await choose("3", "Y");
    await choose("4", "N");
    await choose("1", "N");
    await advanceTime(1000);
    expect(saved.at(-1)).toEqual({ answers: { 1: "N" } });
});

test("a number is taken within its range, others are named and not taken", async () => {
    Form._records[0].answers = { 3: "Y" };
    await mount(1);
    expect(`${row("3a")} .o_crisis_written`).toHaveText("From 0 to 10");
    await write("3a", "11");
    expect(`${row("3a")} .is-invalid`).toHaveCount(0);
    await press("Enter");
    await animationFrame();
    expect(focusedItem()).toBe("4");
    expect(`${row("3a")} .is-invalid`).toHaveCount(1);
    expect(`${row("3a")} input`).toHaveValue("11");
    expect(progress()).toBe("1 of 4");
    await write("3a", "７,5");
    expect(`${row("3a")} .is-invalid`).toHaveCount(0);
    await contains(".o_form_button_save").click();
    expect(saved).toEqual([{ answers: { 3: "Y", "3a": 7.5 } }]);
    await write("3a", "x");
    await advanceTime(1000);
    expect(saved.at(-1)).toEqual({ answers: { 3: "Y" } });
    expect(`${row("3a")} input`).toHaveValue("x");
});

test("a text is kept as typed; arrows stay in it until its ends", async () => {
    await mount(1);
    await write("4", "He said so.\nTwice. ");
    const area = queryOne(`${row("4")} textarea`);
    area.setSelectionRange(3, 3);
    await type("ArrowUp", "1");
    expect(focusedItem()).toBe("4");
    expect(chosen()).toEqual({});
    await advanceTime(1000);
    expect(saved).toEqual([{ answers: { 4: area.value } }]);
    expect(area.value).toInclude("\nTwice. ");
    area.setSelectionRange(0, 0);
    await type("ArrowUp");
    expect(focusedItem()).toBe("3");
});

test("a second after the last answer it is saved without reload, answers only", async () => {
    onRpc("web_save", ({ kwargs }) => {
        expect(kwargs.specification).toEqual({});
    });
    await mount(1);
    await choose("1", "0");
    await advanceTime(700);
    await choose("2", "1");
    await advanceTime(700);
    expect(saved).toEqual([]);
    await advanceTime(300);
    expect(saved).toEqual([{ answers: { 1: "0", 2: "1" } }]);
    expect(".o_crisis_status").toHaveText("Saved");
    await advanceTime(5000);
    expect(saved).toHaveLength(1);
});

test("what is answered while a save runs is shown at once and saved after it", async () => {
    saving = new Deferred();
    await mount(1);
    await focus("1");
    await type("0");
    await advanceTime(1000);
    expect(saved).toEqual([{ answers: { 1: "0" } }]);
    expect(".o_crisis_status").toHaveText("Saving…");
    await type("2", "y");
    await write("3a", "3");
    await write("4", "So");
    expect(chosen()).toEqual({ 1: "0", 2: "2", 3: "Y" });
    saving.resolve();
    await animationFrame();
    await write("4", "So it is");
    expect(chosen()).toEqual({ 1: "0", 2: "2", 3: "Y" });
    expect(`${row("3a")} input`).toHaveValue("3");
    expect(`${row("4")} textarea`).toHaveValue("So it is");
    await advanceTime(1000);
    const answers = { 1: "0", 2: "2", 3: "Y", "3a": 3, 4: "So it is" };
    expect(saved.slice(1)).toEqual([{ answers }]);
    expect(".o_crisis_status").toHaveText("Saved");
});

test("nothing is saved by itself before the record exists or while it is not valid", async () => {
    Form._fields.questionnaire.default = LAYOUT;
    await mount();
    await choose("1", "1");
    await advanceTime(5000);
    expect(saved).toEqual([]);
    await contains("[name=name] input").edit("New");
    await contains(".o_form_button_save").click();
    expect(saved[0].answers).toEqual({ 1: "1" });
    await contains("[name=name] input").edit("");
    await choose("2", "1");
    await advanceTime(5000);
    expect(saved).toHaveLength(1);
    expect(chosen()).toEqual({ 1: "1", 2: "1" });
    expect(".o_notification").toHaveCount(0);
});

test("a save that fails says so, keeps the answers and tries again with the next one", async () => {
    expect.errors(1);
    let calls = 0;
    onRpc("web_save", () => {
        if (!calls++) {
            throw new Error("down");
        }
    });
    await mount(1);
    await choose("1", "1");
    await advanceTime(1000);
    await animationFrame();
    expect.verifyErrors(["down"]);
    expect(".o_crisis_status").toHaveText("Not saved");
    await contains(".modal .btn-primary").click();
    await choose("2", "1");
    await advanceTime(1000);
    expect(saved.at(-1)).toEqual({ answers: { 1: "1", 2: "1" } });
});

test("leaving the page of the form saves what waits, with text that still has the focus", async () => {
    await mount(
        1,
        `<form>${NAMES}<notebook><page string="A">${FIELD}</page><page string="B"/></notebook></form>`
    );
    await choose("1", "1");
    await write("4", "mid-sentence");
    queryAll(".nav-link")[1].click(); // by script: does not take the focus away first
    await animationFrame();
    await animationFrame();
    expect(".o_crisis_questionnaire").toHaveCount(0);
    expect(saved).toEqual([{ answers: { 1: "1", 4: "mid-sentence" } }]);
    queryAll(".nav-link")[0].click();
    await animationFrame();
    expect(chosen()).toEqual({ 1: "1" });
});

test("closing the browser sends what is typed and what waits for a running save", async () => {
    const sent = new Deferred();
    mockSendBeacon((route, blob) => {
        blob.text().then((text) => sent.resolve(JSON.parse(text)));
        return true;
    });
    saving = new Deferred();
    await mount(1);
    await choose("1", "1");
    await advanceTime(1000);
    await choose("2", "1");
    await write("4", "half");
    await unload();
    const { params } = await sent;
    const changes = { answers: { 1: "1", 2: "1", 4: "half" } };
    expect(params.args).toEqual([[1], changes]);
    // the page stayed after all
    saving.resolve();
    await advanceTime(1000);
    expect(`${row("4")} textarea`).toHaveValue("half");
    expect(saved.at(-1)).toEqual(changes);
});

test("discard takes the answers back", async () => {
    await mount(2);
    await choose("1", "2");
    await write("3a", "11");
    await write("4", "other");
    expect(`${row("3a")} .is-invalid`).toHaveCount(1);
    await contains(".o_form_button_cancel").click();
    expect(`${row("3a")} input`).toHaveValue("4");
    expect(`${row("3a")} .is-invalid`).toHaveCount(0);
    expect(chosen()).toEqual({ 1: "0", 2: "2", 3: "Y" });
    expect(`${row("4")} textarea`).toHaveValue(ALL[4]);
    await advanceTime(5000);
    expect(saved).toEqual([]);
});

test("readonly shows the answers and nothing to press", async () => {
    await mount(4);
    expect(chosen()).toEqual({ 1: "0", 2: "2", 3: "Y" });
    expect(`${row("3a")} .o_crisis_written`).toHaveText("4");
    expect(`${row("4")} .o_crisis_written`).toHaveText("He said so.");
    expect(".o_crisis_questionnaire input:enabled").toHaveCount(0);
    expect(".o_crisis_questionnaire :is(textarea, button, progress)").toHaveCount(0);
    await click(`${row("1")} .o_crisis_option[data-option='1']`);
    await animationFrame();
    expect(chosen()).toEqual({ 1: "0", 2: "2", 3: "Y" });
});

test("wide: a column per option under the head; narrow: rows of full width, high enough for fingers", async () => {
    await mount(1);
    const form = queryOne(".o_crisis_questionnaire").parentElement;
    form.style.width = "800px";
    const places = (code) =>
        queryAll(`${row(code)} .o_crisis_option`).map((label) => label.getBoundingClientRect());
    const heads = queryAll(".o_crisis_grid_head span").slice(1);
    expect(heads.map((head) => Math.round(head.getBoundingClientRect().left))).toEqual(
        places("2").map(({ left }) => Math.round(left))
    );
    expect(new Set(places("1").map(({ top }) => top)).size).toBe(1);
    form.style.width = "360px";
    expect(".o_crisis_grid_head").not.toBeVisible();
    const stacked = places("1");
    expect(new Set(stacked.map(({ top }) => top)).size).toBe(3);
    for (const { height, width } of stacked) {
        expect(height).toBeGreaterThan(43.9);
        expect(width).toBeGreaterThan(320);
    }
    expect(queryFirst(`${row("1")} .o_crisis_option_label`).offsetWidth).toBeGreaterThan(40);
});

test("without a layout there is a hint", async () => {
    await mount(3);
    expect(".o_crisis_questionnaire").toHaveText("Choose an instrument first");
    expect(".o_crisis_progress").toHaveCount(0);
});

test("the option names the field of the layout", async () => {
    await mount(5, `<form>${NAMES}${OTHER}</form>`);
    expect(".o_crisis_item").toHaveCount(1);
    await choose("1", "2");
    await advanceTime(1000);
    expect(saved).toEqual([{ answers: { 1: "2" } }]);
});
