import { describe, expect, test } from "@odoo/hoot";
import { queryAllTexts, queryAllValues, queryFirst, unload } from "@odoo/hoot-dom";
import { animationFrame, mockSendBeacon } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    makeServerError,
    MockServer,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");

class Step extends models.Model {
    _name = "step";
    method = fields.Text({ string: "Method" });
    text_versions = fields.Json({ readonly: true });
    _records = [{ id: 1, method: "Old method", text_versions: { method: "m1" } }];
}

class Plan extends models.Model {
    _name = "plan";
    name = fields.Char();
    goals = fields.Text({ string: "Goals" });
    text_versions = fields.Json({ readonly: true });
    step_ids = fields.One2many({ relation: "step" });
    _records = [
        { id: 5, name: "CP/1", goals: "Old goals", text_versions: { goals: "g1" }, step_ids: [1] },
    ];
}

defineMailModels();
defineModels([Plan, Step]);

const ARCH = `<form>
    <field name="text_versions" invisible="1"/>
    <field name="name"/>
    <field name="goals"/>
    <field name="step_ids">
        <list editable="bottom">
            <field name="text_versions" column_invisible="1"/>
            <field name="method"/>
        </list>
    </field>
</form>`;
const mount = () => mountView({ type: "form", resModel: "plan", resId: 5, arch: ARCH });

/** Lets the server keep versions as ours does: of goals only, one save by somebody else. */
function mockServer({ theirs = "Their goals", model = "plan", id = 5, field = "goals" } = {}) {
    const sent = [];
    let version = { plan: "g1", step: "m1" }[model];
    let first = true;
    onRpc("plan", "web_save", ({ args, kwargs, parent }) => {
        sent.push({ values: args[1], read: kwargs.context.crisis_texts_read });
        if (first) {
            first = false;
            version = "x2";
            MockServer.env[model].write([id], {
                [field]: theirs,
                text_versions: { [field]: version },
            });
        }
        if (sent.at(-1).read?.[model]?.[id]?.[field] !== version) {
            const at = "28/11/2026 10:32";
            throw makeServerError({
                message: "stale",
                context: {
                    crisis_stale_texts: [{ model, id, field, by: "Zhang Min", at, own: false }],
                },
            });
        }
        return parent();
    });
    onRpc(model, "web_read", ({ kwargs, parent }) => {
        if (!first && Object.keys(kwargs.specification).length === 2) {
            expect.step("read theirs");
            return [{ id, [field]: theirs, text_versions: { [field]: version } }];
        }
        return parent();
    });
    return sent;
}

async function write(text) {
    await contains(".o_field_widget[name=goals] textarea").edit(text);
    await contains(".o_form_button_save").click();
    await animationFrame();
}

test("the version that was read is sent with a changed text, and with nothing else", async () => {
    const sent = [];
    onRpc("plan", "web_save", ({ args, kwargs }) => {
        sent.push([args[1], kwargs.context.crisis_texts_read]);
    });
    await mount();
    await contains(".o_field_widget[name=name] input").edit("CP/2");
    await contains(".o_form_button_save").click();
    await contains(".o_field_widget[name=goals] textarea").edit("New goals");
    await contains(".o_data_row .o_data_cell[name=method]").click();
    await contains(".o_data_row [name=method] textarea").edit("New method");
    await contains(".o_form_button_save").click();
    expect(sent).toEqual([
        [{ name: "CP/2" }, undefined],
        [
            { goals: "New goals", step_ids: [[1, 1, { method: "New method" }]] },
            { plan: { 5: { goals: "g1" } }, step: { 1: { method: "m1" } } },
        ],
    ]);
});

test("both texts are shown; mine replaces what stands there", async () => {
    const sent = mockServer();
    await mount();
    await write("My goals");
    expect.verifySteps(["read theirs"]);
    expect(queryAllTexts(".o_crisis_stale_side")).toEqual(["Their goals", "My goals"]);
    expect(".o_crisis_stale_by").toHaveText("Zhang Min");
    expect(".o_crisis_stale_save").not.toBeEnabled();
    await contains(".o_crisis_stale_text input[value=mine]").click();
    await contains(".o_crisis_stale_save").click();
    await animationFrame();
    expect(".modal").toHaveCount(0);
    expect(sent.length).toBe(2);
    expect(sent[1]).toEqual({
        values: { goals: "My goals" },
        read: { plan: { 5: { goals: "x2" } } },
    });
    expect(".o_field_widget[name=goals] textarea").toHaveValue("My goals");
});

test("what stands there is kept", async () => {
    const sent = mockServer();
    await mount();
    await write("My goals");
    expect.verifySteps(["read theirs"]);
    await contains(".o_crisis_stale_text input[value=theirs]").click();
    await contains(".o_crisis_stale_save").click();
    await animationFrame();
    expect(sent.length).toBe(1);
    expect(".o_field_widget[name=goals] textarea").toHaveValue("Their goals");
    expect(".o_form_status_indicator_buttons.invisible").toHaveCount(1);
});

test("both are brought together by hand", async () => {
    const sent = mockServer();
    await mount();
    await write("My goals");
    expect.verifySteps(["read theirs"]);
    await contains(".o_crisis_stale_text input[value=together]").click();
    expect(queryAllValues(".o_crisis_stale_text textarea")).toEqual(["Their goals\n\nMy goals"]);
    await contains(".o_crisis_stale_text textarea").edit("Our goals");
    await contains(".o_crisis_stale_save").click();
    await animationFrame();
    expect(sent[1].values).toEqual({ goals: "Our goals" });
    expect(".o_field_widget[name=goals] textarea").toHaveValue("Our goals");
});

test("whoever goes on writing loses nothing, and is asked again", async () => {
    const sent = mockServer();
    await mount();
    await write("My goals");
    expect.verifySteps(["read theirs"]);
    await contains(".o_crisis_stale_go_on").click();
    await animationFrame();
    expect(".modal").toHaveCount(0);
    expect(".o_field_widget[name=goals] textarea").toHaveValue("My goals");
    expect(sent.length).toBe(1);
    await contains(".o_form_button_save").click();
    await animationFrame();
    expect.verifySteps(["read theirs"]);
    expect(queryAllTexts(".o_crisis_stale_side")).toEqual(["Their goals", "My goals"]);
    await contains(".modal .btn-close").click();
    expect(".o_field_widget[name=goals] textarea").toHaveValue("My goals");
});

test("the same text in another version is no question", async () => {
    const sent = mockServer({ theirs: "Old goals" });
    await mount();
    await write("My goals");
    expect.verifySteps(["read theirs"]);
    expect(".modal").toHaveCount(0);
    expect(sent.length).toBe(2);
    expect(sent[1].values).toEqual({ goals: "My goals" });
});

test("a text in a line is looked at as well", async () => {
    const sent = mockServer({ theirs: "Their method", model: "step", id: 1, field: "method" });
    await mount();
    await contains(".o_data_row .o_data_cell[name=method]").click();
    await contains(".o_data_row [name=method] textarea").edit("My method");
    await contains(".o_form_button_save").click();
    await animationFrame();
    expect.verifySteps(["read theirs"]);
    expect(queryAllTexts(".o_crisis_stale_side")).toEqual(["Their method", "My method"]);
    await contains(".o_crisis_stale_text input[value=mine]").click();
    await contains(".o_crisis_stale_save").click();
    await animationFrame();
    expect(sent[1].values).toEqual({ step_ids: [[1, 1, { method: "My method" }]] });
    expect(sent[1].read).toEqual({ step: { 1: { method: "x2" } } });
});

test("other errors are told as ever", async () => {
    expect.errors(1);
    onRpc("plan", "web_save", () => {
        throw makeServerError({ message: "something else" });
    });
    await mount();
    await write("My goals");
    await animationFrame();
    expect(".o_crisis_stale_text").toHaveCount(0);
    expect(queryFirst(".modal-body").textContent).toInclude("something else");
    expect(".o_field_widget[name=goals] textarea").toHaveValue("My goals");
    expect.verifyErrors(["something else"]);
});

test("a page that is closed sends the version, and that it is closed", async () => {
    mockSendBeacon(async (route, blob) => {
        const { params } = JSON.parse(await blob.text());
        expect.step([
            params.args[1],
            params.kwargs.context.crisis_texts_read,
            params.kwargs.context.crisis_texts_leaving,
        ]);
        return true;
    });
    await mount();
    await contains(".o_field_widget[name=goals] textarea").edit("My goals");
    await unload();
    await animationFrame();
    expect.verifySteps([[{ goals: "My goals" }, { plan: { 5: { goals: "g1" } } }, true]]);
});
