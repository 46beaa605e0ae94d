import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * Marks on the body: two figures to click on, and the list of marks beside them.
 * Each mark is a record of the one2many with side, x and y in percent of the figure's box.
 */
export class BodyMap extends Component {
    static template = "crisis_intervention.BodyMap";
    static props = { ...standardFieldProps };

    setup() {
        this.state = useState({ selected: null });
        this.sides = [
            { code: "front", label: _t("Front") },
            { code: "back", label: _t("Back") },
        ];
    }

    get list() {
        return this.props.record.data[this.props.name];
    }

    /** The marks with their numbers: [{record, number, side, x, y}]. */
    get marks() {
        return this.list.records.map((record, index) => ({
            record,
            number: index + 1,
            ...record.data,
        }));
    }

    options(name) {
        return this.list.fields[name].selection;
    }

    label(name, value) {
        return Object.fromEntries(this.options(name))[value] || "";
    }

    describe(mark) {
        const size = mark.size_mm ? _t("%s mm", mark.size_mm) : "";
        return [
            this.label("side", mark.side),
            this.label("kind", mark.kind),
            size,
            this.label("colour", mark.colour),
            mark.note,
        ]
            .filter(Boolean)
            .join(", ");
    }

    /** Adds a mark where the figure was clicked. */
    async onClickFigure(side, ev) {
        if (this.props.readonly) {
            return;
        }
        const box = ev.currentTarget.getBoundingClientRect();
        const percent = (value, size) => Math.round(Math.min(Math.max(value / size, 0), 1) * 1000) / 10;
        await this.addMark(
            side,
            percent(ev.clientX - box.left, box.width),
            percent(ev.clientY - box.top, box.height)
        );
    }

    /** The keyboard's way: a mark in the middle of the figure, to be described beside it. */
    async onKeydownFigure(side, ev) {
        if (!this.props.readonly && (ev.key === "Enter" || ev.key === " ")) {
            ev.preventDefault();
            await this.addMark(side, 50, 50);
        }
    }

    async addMark(side, x, y) {
        const record = await this.list.addNewRecord({ position: "bottom" });
        await record.update({ side, x, y });
        this.state.selected = record.id;
    }

    async onChange(mark, name, value) {
        await mark.record.update({ [name]: value });
    }

    async onRemove(mark) {
        await this.list.delete(mark.record);
    }
}

registry.category("fields").add("body_map", {
    component: BodyMap,
    supportedTypes: ["one2many"],
    useSubView: false,
    relatedFields: [
        {
            name: "side",
            type: "selection",
            selection: [
                ["front", _t("Front")],
                ["back", _t("Back")],
            ],
        },
        { name: "x", type: "float" },
        { name: "y", type: "float" },
        {
            name: "kind",
            type: "selection",
            selection: [
                ["bruise", _t("Bruise")],
                ["cut", _t("Cut")],
                ["burn", _t("Burn")],
                ["swelling", _t("Swelling")],
                ["scar", _t("Scar")],
                ["other", _t("Other")],
            ],
        },
        { name: "size_mm", type: "integer" },
        {
            name: "colour",
            type: "selection",
            selection: [
                ["red", _t("Red")],
                ["blue", _t("Blue or purple")],
                ["green", _t("Green or yellow")],
                ["brown", _t("Brown or black")],
                ["skin", _t("As the skin")],
            ],
        },
        { name: "note", type: "char" },
    ],
});
