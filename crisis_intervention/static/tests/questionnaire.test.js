import { describe, expect, test } from "@odoo/hoot";
import { click, edit, press, queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, Deferred } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import {
    AUTOSAVE_DELAY,
    hiddenItems,
} from "@crisis_intervention/questionnaire/questionnaire_field";

describe.current.tags("desktop");

const OPTIONS = ["Never", "Sometimes", "Often"].map((label, code) => ({ code: `${code}`, label }));
const item = (code, values = {}) => ({
    code,
    number: code,
    kind: "choice",
    text: `Question ${code}`,
    section: "First part",
    options: OPTIONS,
    low: null,
    high: null,
    condition: null,
    ...values,
});
const LAYOUT = {
    items: [
        item("1"),
        item("2"),
        item("3", {
            kind: "yes_no",
            section: "Second part",
            options: [
                { code: "Y", label: "Yes" },
                { code: "N", label: "No" },
            ],
            condition: { items: ["2"], answers: ["1", "2"] },
        }),
        item("4", { kind: "number", section: "Second part", options: [], low: 0, high: 10 }),
        item("5", { kind: "text", section: "Second part", options: [] }),
    ],
};

class Sheet extends models.Model {
    _name = "sheet";
    answers = fields.Json();
    questionnaire = fields.Json();
    _records = [
        { id: 1, answers: { 1: "2" }, questionnaire: LAYOUT },
        { id: 2, answers: false, questionnaire: false },
    ];
}

defineMailModels();
defineModels([Sheet]);

const mount = (resId = 1, attributes = "") =>
    mountView({
        type: "form",
        resModel: "sheet",
        resId,
        arch: `<form><field name="answers" widget="crisis_questionnaire" ${attributes}/></form>`,
    });
const radio = (code, value) => `[data-item="${code}"] input[value="${value}"]`;
/** Collects the answers that are sent to the server. */
function watchSaves() {
    onRpc("sheet", "web_save", ({ args }) => {
        expect.step(JSON.stringify(args[1].answers));
    });
}

test("an item is asked when an asked item before it has one of the answers", () => {
    const items = [
        item("1"),
        item("2", { condition: { items: ["1"], answers: ["2"] } }),
        item("3", { condition: { items: ["2"], answers: ["0"] } }),
    ];
    expect([...hiddenItems(items, {})]).toEqual(["2", "3"]);
    expect([...hiddenItems(items, { 1: "2", 2: "0" })]).toEqual([]);
    expect([...hiddenItems(items, { 1: "1", 2: "0" })]).toEqual(["2", "3"]);
});

test("looks like the paper form", async () => {
    await mount();
    expect(queryAllTexts(".o_crisis_section")).toEqual(["First part", "Second part"]);
    expect(".o_crisis_item").toHaveCount(4);
    expect(".o_crisis_count").toHaveText("1 of 3");
    expect(radio("1", "2")).toBeChecked();
    expect(`[data-item="1"] [role=radiogroup]`).toHaveAttribute("aria-labelledby");
});

test("a click answers, and it is saved by itself without scoring", async () => {
    watchSaves();
    await mount();
    await contains(radio("2", "0")).click();
    expect(".o_crisis_count").toHaveText("2 of 3");
    expect.verifySteps([]);
    await advanceTime(AUTOSAVE_DELAY);
    await animationFrame();
    expect.verifySteps([JSON.stringify({ 1: "2", 2: "0" })]);
    expect(".o_crisis_saved").toHaveText("Saved");
});

test("a typed code answers and goes on, arrows change and move", async () => {
    await mount();
    await contains(radio("1", "2")).focus();
    await press("1");
    await animationFrame();
    expect(radio("1", "1")).toBeChecked();
    expect(document.activeElement.closest("[data-item]").dataset.item).toBe("2");
    await press("2");
    await animationFrame();
    expect(document.activeElement.closest("[data-item]").dataset.item).toBe("3");
    await press("y");
    await animationFrame();
    expect(radio("3", "Y")).toBeChecked();
    await press("ArrowUp");
    expect(document.activeElement.closest("[data-item]").dataset.item).toBe("4");
});

test("left and right choose, backspace clears", async () => {
    await mount();
    await contains(radio("1", "2")).focus();
    await press("ArrowLeft");
    await animationFrame();
    expect(radio("1", "1")).toBeChecked();
    expect(radio("1", "1")).toBeFocused();
    await press("ArrowRight");
    await animationFrame();
    expect(radio("1", "2")).toBeChecked();
    await press("Backspace");
    await animationFrame();
    expect(`[data-item="1"] input:checked`).toHaveCount(0);
    expect(".o_crisis_count").toHaveText("0 of 3");
});

test("jumps to the first missing answer and marks what is missing", async () => {
    await mount();
    expect(".o_crisis_missing").toHaveCount(0);
    await click(".o_crisis_jump");
    await animationFrame();
    expect(".o_crisis_missing").toHaveCount(2);
    expect(document.activeElement.closest("[data-item]").dataset.item).toBe("2");
});

test("answers of items that are not asked any more are dropped", async () => {
    watchSaves();
    await mount();
    await contains(radio("2", "1")).click();
    expect(".o_crisis_item").toHaveCount(5);
    await contains(radio("3", "Y")).click();
    await contains(radio("2", "0")).click();
    expect(`[data-item="3"]`).toHaveCount(0);
    await advanceTime(AUTOSAVE_DELAY);
    await animationFrame();
    expect.verifySteps([JSON.stringify({ 1: "2", 2: "0" })]);
});

test("numbers in range and free text", async () => {
    watchSaves();
    await mount();
    await contains(`[data-item="4"] input`).edit("11");
    expect(queryFirst(`[data-item="4"] input`).validationMessage).not.toBe("");
    await contains(`[data-item="4"] input`).edit("7");
    await contains(`[data-item="5"] textarea`).edit("own words", { confirm: "blur" });
    await advanceTime(AUTOSAVE_DELAY);
    await animationFrame();
    expect.verifySteps([JSON.stringify({ 1: "2", 4: 7, 5: "own words" })]);
});

test("answers given while a save is running are kept, all of them", async () => {
    const saving = new Deferred();
    let first = true;
    onRpc("sheet", "web_save", async ({ args }) => {
        expect.step(JSON.stringify(args[1].answers));
        if (first) {
            first = false;
            await saving;
        }
    });
    await mount();
    await contains(radio("1", "0")).click();
    await advanceTime(AUTOSAVE_DELAY);
    await animationFrame();
    expect.verifySteps([JSON.stringify({ 1: "0" })]);
    await click(radio("2", "1"));
    await animationFrame();
    await click(radio("3", "N"));
    await animationFrame();
    saving.resolve();
    await animationFrame();
    await advanceTime(AUTOSAVE_DELAY);
    await animationFrame();
    expect.verifySteps([JSON.stringify({ 1: "0", 2: "1", 3: "N" })]);
    expect(radio("2", "1")).toBeChecked();
});

test("readonly shows the same form without doors", async () => {
    await mount(1, `readonly="1"`);
    expect(radio("1", "2")).toBeChecked();
    expect(radio("1", "2")).not.toBeEnabled();
    expect(".o_crisis_progress").toHaveCount(0);
    expect(".o_crisis_clear").toHaveCount(0);
});

test("without an instrument there is a hint", async () => {
    await mount(2);
    expect(".o_crisis_questionnaire").toHaveText("Choose an instrument first.");
});

test("the clear button takes an answer back", async () => {
    await mount();
    await click(".o_crisis_clear");
    await animationFrame();
    expect(".o_crisis_count").toHaveText("0 of 3");
    await contains(`[data-item="5"] textarea`).click();
    await edit("x");
    expect(".o_crisis_count").toHaveText("0 of 3");
});
