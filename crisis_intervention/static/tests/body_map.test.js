import { describe, expect, test } from "@odoo/hoot";
import { click, press, queryAll, queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { clampPercent, placeOnFigure } from "@crisis_intervention/body_map/body_map_field";

describe.current.tags("desktop");

class Report extends models.Model {
    _name = "report";
    mark_ids = fields.One2many({ relation: "mark", relation_field: "report_id" });
    _records = [{ id: 1, mark_ids: [1, 2] }];
}

class Mark extends models.Model {
    _name = "mark";
    report_id = fields.Many2one({ relation: "report" });
    side = fields.Selection({
        selection: [
            ["front", "Front"],
            ["back", "Back"],
        ],
        default: "front",
    });
    x = fields.Float();
    y = fields.Float();
    kind = fields.Selection({
        selection: [
            ["bruise", "Bruise"],
            ["cut", "Cut"],
        ],
        default: "bruise",
    });
    size_mm = fields.Integer();
    colour = fields.Selection({ selection: [["red", "Red"]] });
    note = fields.Char();
    _records = [
        { id: 1, report_id: 1, side: "front", x: 30, y: 40, kind: "bruise", size_mm: 15 },
        {
            id: 2,
            report_id: 1,
            side: "back",
            x: 50,
            y: 25,
            kind: "cut",
            colour: "red",
            note: "old",
        },
    ];
}

defineMailModels();
defineModels([Report, Mark]);

const arch = (attributes = "") => `
    <form>
        <field name="mark_ids" widget="body_map" ${attributes}>
            <list>
                <field name="side"/><field name="x"/><field name="y"/><field name="kind"/>
                <field name="size_mm"/><field name="colour"/><field name="note"/>
            </list>
        </field>
    </form>`;
const mount = (attributes, resId) =>
    mountView({ type: "form", resModel: "report", resId, arch: arch(attributes) });

test("a place is a percentage of the figure's box and stays on it", () => {
    const box = { left: 100, top: 50, width: 200, height: 400 };
    expect(placeOnFigure(box, { clientX: 150, clientY: 150 })).toEqual({ x: 25, y: 25 });
    expect(placeOnFigure(box, { clientX: 20, clientY: 999 })).toEqual({ x: 0, y: 100 });
    expect(clampPercent(33.3333)).toBe(33.3);
});

test("readonly shows numbered marks on their side and their details, and no way to add", async () => {
    await mount(`readonly="1"`, 1);
    expect("svg[data-side=front] .o_crisis_mark").toHaveCount(1);
    expect("svg[data-side=front] .o_crisis_mark").toHaveAttribute("transform", "translate(30, 80)");
    expect("svg[data-side=back] .o_crisis_mark[data-number='2']").toHaveCount(1);
    expect(queryAllTexts(".o_crisis_mark_row").map((text) => text.replace(/\s+/g, " "))).toEqual([
        "1 Bruise (Front): 15 mm",
        "2 Cut (Back): Red, old",
    ]);
    expect("input, select, button[name=remove]").toHaveCount(0, {
        root: queryFirst(".o_crisis_body_map"),
    });
    await click("svg[data-side=front]");
    await animationFrame();
    expect(".o_crisis_mark").toHaveCount(2);
});

test("a tap adds a mark there, which is described and saved with the report", async () => {
    onRpc("web_save", ({ args }) => {
        const [[command, , values]] = args[1].mark_ids;
        expect(args[1].mark_ids).toHaveLength(1);
        expect(command).toBe(0);
        expect(values.side).toBe("back");
        expect(Math.abs(values.x - 50)).toBeLessThan(2);
        expect(Math.abs(values.y - 50)).toBeLessThan(2);
        expect(values.kind).toBe("cut");
        expect(values.size_mm).toBe(20);
        expect(values.colour).toBe("red");
        expect(values.note).toBe("fresh");
        expect.step("saved");
    });
    await mount();
    await click("svg[data-side=back]");
    await animationFrame();
    expect("svg[data-side=back] .o_crisis_mark").toHaveCount(1);
    expect(".o_crisis_mark_row_selected").toHaveCount(1);
    await contains(".o_crisis_mark_row [name=kind]").select("cut");
    await contains(".o_crisis_mark_row [name=colour]").select("red");
    await contains(".o_crisis_mark_row [name=size_mm]").edit("20");
    await contains(".o_crisis_mark_row [name=note]").edit("fresh");
    await contains(".o_form_button_save").click();
    expect.verifySteps(["saved"]);
});

test("the keyboard adds, moves and removes marks", async () => {
    await mount();
    await click("figure:first button");
    await animationFrame();
    expect(".o_crisis_mark").toHaveAttribute("transform", "translate(50, 70)");
    queryFirst(".o_crisis_mark").focus();
    await press("ArrowRight");
    await animationFrame();
    await press("ArrowUp");
    await animationFrame();
    expect(".o_crisis_mark").toHaveAttribute("transform", "translate(51, 68)");
    await press("Delete");
    await animationFrame();
    expect(".o_crisis_mark").toHaveCount(0);
    expect(".o_crisis_mark_row").toHaveCount(0);
});

test("the numbers close up when a mark is removed", async () => {
    await mount("", 1);
    await contains(".o_crisis_mark_row[data-number='1'] button[name=remove]").click();
    expect(queryAll(".o_crisis_mark").map((mark) => mark.dataset.number)).toEqual(["1"]);
    expect("svg[data-side=back] .o_crisis_mark").toHaveCount(1);
});
