import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { queryFirst, waitFor, waitForNone } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";
import { ORM } from "@web/core/orm_service";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { session } from "@web/session";
import { clearCipher } from "@crisis_intervention/../tests/clear_cipher";
import { Draft, draftService } from "@crisis_intervention/once/draft";
import { newToken } from "@crisis_intervention/once/token";
import { RETRY_EVERY } from "@crisis_intervention/once/waiting";

describe.current.tags("desktop");

class Concern extends models.Model {
    _name = "crisis.concern";
    description = fields.Text();
    location = fields.Char();
    student_ids = fields.Many2many({ relation: "crisis.student" });
    action_receipt() {
        return true;
    }
}

class Student extends models.Model {
    _name = "crisis.student";
    name = fields.Char();
    _records = [
        { id: 1, name: "Lin" },
        { id: 2, name: "Zhou" },
    ];
}

defineMailModels();
defineModels([Concern, Student]);

const network = { isLost: false };
const KEY = "ab".repeat(32);

beforeEach(() => {
    network.isLost = false;
    patchWithCleanup(session, { crisis_draft_key: KEY, db: "school" });
    patchWithCleanup(crypto.subtle, clearCipher);
    patchWithCleanup(ORM.prototype, {
        async call(model, method) {
            if (network.isLost && method === "web_save") {
                throw new ConnectionLostError("/web/dataset/call_kw");
            }
            return super.call(...arguments);
        },
    });
});

/** The names of what this tab keeps. */
const kept = () =>
    Object.keys(browser.sessionStorage).filter((name) => name.startsWith("crisis_draft:"));

/** Waits for the cryptography of the browser, which is no part of the clock of tests. */
async function until(condition) {
    for (let turn = 0; turn < 200 && !condition(); turn++) {
        await animationFrame();
    }
    expect(condition()).toBe(true);
}

const mountReport = () =>
    mountView({
        type: "form",
        resModel: "crisis.concern",
        arch: `
            <form js_class="crisis_report_form">
                <header>
                    <button name="action_receipt" type="object" string="Submit" class="o_submit"/>
                </header>
                <widget name="crisis_report_draft"/>
                <field name="description"/>
                <field name="location"/>
                <field name="student_ids" widget="many2many_tags"/>
            </form>`,
    });

/** Watches what is saved: the values and the token. */
function watchSaves() {
    const saves = [];
    onRpc("crisis.concern", "web_save", ({ args, kwargs }) => {
        saves.push({ values: args[1], token: kwargs.context.crisis_once });
    });
    return saves;
}

test("tokens are long, and never the same", () => {
    const tokens = new Set(Array.from({ length: 100 }, newToken));
    expect(tokens.size).toBe(100);
    expect(newToken()).toMatch(/^[0-9a-f]{32}$/);
});

test("a draft is kept encrypted, for one user of one database", async () => {
    const draft = new Draft("x");
    await draft.keep({ text: "he cries" });
    expect(kept()).toHaveLength(1);
    expect(browser.sessionStorage.getItem(kept()[0])).not.toInclude("cries");
    expect(await new Draft("x").read()).toEqual({ text: "he cries" });
    expect(await new Draft("y").read()).toBe(null);
    patchWithCleanup(session, { db: "other" });
    expect(await new Draft("x").read()).toBe(null);
    patchWithCleanup(session, { db: "school" });
    patchWithCleanup(user, { userId: user.userId + 1 });
    expect(await new Draft("x").read()).toBe(null);
    // somebody else logs in in this tab
    draftService.start();
    expect(kept()).toEqual([]);
});

test("what is dropped does not come back, and what nobody opens is taken away", async () => {
    const draft = new Draft("x");
    const keeping = draft.keep({ text: "a" });
    draft.drop();
    await keeping;
    expect(kept()).toEqual([]);
    await draft.keep({ text: "b" });
    browser.sessionStorage.setItem(kept()[0], "eA==.eA==");
    expect(await draft.read()).toBe(null);
    expect(kept()).toEqual([]);
});

test("whoever logs out leaves no draft", async () => {
    await new Draft("x").keep({ text: "a" });
    patchWithCleanup(browser, { location: { ...browser.location, href: "", origin: "" } });
    const item = registry.category("user_menuitems").get("log_out")({
        services: { pwa: { isScopedApp: false } },
    });
    expect(item.sequence).toBe(70);
    item.callback();
    expect(kept()).toEqual([]);
});

test("a report is kept while it is typed, and continued after a reload", async () => {
    const saves = watchSaves();
    mockService("action", { doActionButton: () => expect.step("receipt") });
    await new Draft("crisis.concern").keep({
        values: { description: "he cries", location: "gate", student_ids: [[4, 2]] },
        token: "t1",
        time: luxon.DateTime.local(2026, 9, 1, 10, 32).toMillis(),
    });
    await mountReport();
    await waitFor(".o_crisis_draft:contains(10:32)");
    await contains(".o_crisis_draft_resume").click();
    await waitForNone(".o_crisis_draft");
    expect("[name=description] textarea").toHaveValue("he cries");
    expect("[name=location] input").toHaveValue("gate");
    expect("[name=student_ids]").toHaveText("Zhou");
    await contains(".o_submit").click();
    await expect.waitForSteps(["receipt"]);
    expect(saves).toHaveLength(1);
    expect(saves[0].token).toBe("t1");
    expect(saves[0].values.description).toBe("he cries");
    expect(kept()).toEqual([]);
});

test("what is typed is kept before the field is left", async () => {
    await mountReport();
    const area = queryFirst("[name=description] textarea");
    area.value = "he cr";
    area.dispatchEvent(new Event("input", { bubbles: true }));
    await advanceTime(500);
    await until(() => kept().length === 1);
    const draft = await new Draft("crisis.concern").read();
    expect(draft.values.description).toBe("he cr");
    expect(draft.token).toMatch(/^[0-9a-f]{32}$/);
});

test("a draft is discarded on purpose only", async () => {
    await new Draft("crisis.concern").keep({ values: { location: "gate" }, token: "t", time: 1 });
    await mountReport();
    await waitFor(".o_crisis_draft");
    await contains("[name=location] input").edit("elsewhere");
    await advanceTime(500);
    expect((await new Draft("crisis.concern").read()).values.location).toBe("gate");
    await contains(".o_crisis_draft_discard").click();
    expect(".o_crisis_draft").toHaveCount(0);
    expect(kept()).toEqual([]);
});

test("without network the report waits, and is sent once", async () => {
    const saves = watchSaves();
    mockService("action", { doActionButton: () => expect.step("receipt") });
    await mountReport();
    await contains("[name=description] textarea").edit("he cries");
    network.isLost = true;
    await contains(".o_submit").click();
    await waitFor(".o_crisis_draft_waiting");
    await advanceTime(500);
    await until(() => kept().length === 1);
    const { token } = await new Draft("crisis.concern").read();
    await advanceTime(RETRY_EVERY);
    await animationFrame();
    expect(".o_crisis_draft_waiting").toHaveCount(1);
    expect(saves).toHaveLength(0);
    network.isLost = false;
    await advanceTime(RETRY_EVERY);
    await expect.waitForSteps(["receipt"]);
    expect(saves).toHaveLength(1);
    expect(saves[0].token).toBe(token);
    expect(".o_crisis_draft_waiting").toHaveCount(0);
    await advanceTime(RETRY_EVERY * 3);
    expect(saves).toHaveLength(1);
    expect(kept()).toEqual([]);
});

test("a form that exists is sent without a token", async () => {
    Concern._records = [{ id: 1, description: "a" }];
    const saves = watchSaves();
    await mountView({
        type: "form",
        resModel: "crisis.concern",
        resId: 1,
        arch: `<form><field name="description"/></form>`,
    });
    await contains("[name=description] textarea").edit("b");
    await contains(".o_form_button_save").click();
    expect(saves).toHaveLength(1);
    expect(saves[0].token).toBe(undefined);
});
