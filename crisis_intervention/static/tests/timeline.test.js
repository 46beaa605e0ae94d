import { describe, expect, test } from "@odoo/hoot";
import { press, queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { animationFrame, mockTimeZone } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");

class Case extends models.Model {
    _name = "case";
    _records = [{ id: 5 }, { id: 6 }];

    touch() {
        return false;
    }
}

defineMailModels();
defineModels([Case]);

const line = (id, date, more = {}) => ({
    id,
    date,
    kind: "session",
    label: "Session",
    icon: "fa-comments-o",
    detail: `CS/${id}`,
    user: { id: 7, name: "Zhang" },
    about_case: false,
    ...more,
});
const mount = (more = {}) =>
    mountView({
        type: "form",
        resModel: "case",
        resId: 5,
        arch: `<form>
            <header><button name="touch" type="object" string="Touch"/></header>
            <notebook>
                <page string="First"/>
                <page string="Timeline" name="timeline"><widget name="crisis_timeline"/></page>
            </notebook>
        </form>`,
        ...more,
    });
const open = () => contains(".o_notebook_headers a[name=timeline]").click();

test("pages are fetched when they are looked at, and lines stand under their day", async () => {
    mockTimeZone(8);
    const pages = {
        false: {
            lines: [
                line(4, "2026-09-02 00:30:00"),
                line(3, "2026-09-01", { detail: "no hour", user: false }),
            ],
            next: ["2026-09-01 00:00:00", 3],
        },
        "2026-09-01 00:00:00,3": { lines: [line(2, "2026-08-31 20:05:00")], next: false },
    };
    onRpc("crisis.chronology", "page", ({ args, kwargs }) => {
        expect.step([...args, String(kwargs.before)]);
        return pages[kwargs.before];
    });
    await mount();
    expect.verifySteps([]);
    await open();
    expect.verifySteps([[5, "false"]]);
    expect(queryAllTexts(".o_crisis_timeline h3")).toEqual([
        "Wed, September 2, 2026",
        "Tue, September 1, 2026",
    ]);
    expect(queryAllTexts(".o_crisis_timeline_time")).toEqual(["8:30 AM", ""]);
    expect(queryFirst(".o_crisis_timeline .fa-comments-o")).not.toBe(null);
    await contains(".o_crisis_timeline_more").click();
    expect.verifySteps([[5, "2026-09-01 00:00:00,3"]]);
    expect("li[data-kind=session]").toHaveCount(3);
    expect(".o_crisis_timeline section").toHaveCount(2);
    expect(queryAllTexts(".o_crisis_timeline_time").at(-1)).toBe("4:05 AM");
    expect(".o_crisis_timeline_more").toHaveCount(0);
});

test("a line opens its record, by keyboard too; what is about the case itself opens nothing", async () => {
    mockService("action", { doAction: (action) => expect.step(action) });
    onRpc("crisis.chronology", "page", () => ({
        lines: [line(4, "2026-09-02 00:30:00"), line(1, "2026-09-01", { about_case: true })],
        next: false,
    }));
    onRpc("crisis.chronology", "action_open", ({ args }) => `open ${args[0]}`);
    await mount();
    await open();
    queryFirst("button.o_crisis_timeline_line").focus();
    await press("Enter");
    await animationFrame();
    expect.verifySteps(["open 4"]);
    expect("button.o_crisis_timeline_line").toHaveCount(1);
    await contains("div.o_crisis_timeline_line").click();
    expect.verifySteps([]);
});

test("it says when there is nothing, and looks again after a button and in the next record", async () => {
    onRpc("crisis.chronology", "page", ({ args }) => {
        expect.step(args[0]);
        return { lines: [], next: false };
    });
    onRpc("case", "touch", () => false);
    await mount({ resIds: [5, 6] });
    await open();
    expect.verifySteps([5]);
    expect(".o_crisis_timeline").toHaveText("Nothing has happened so far.");
    await contains("button[name=touch]").click();
    expect.verifySteps([5]);
    await contains(".o_pager_next").click();
    expect.verifySteps([6]);
});
