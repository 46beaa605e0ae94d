import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const ARROWS = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
};

/** Keeps a coordinate on the figure: 0 to 100 percent, one decimal. */
export function clampPercent(value) {
    return Math.round(Math.min(100, Math.max(0, value)) * 10) / 10;
}

/**
 * Place of a pointer on a figure, in percent of the figure's box from its left and top edge.
 *
 * @param {{left: number, top: number, width: number, height: number}} box
 * @param {{clientX: number, clientY: number}} pointer
 * @returns {{x: number, y: number}}
 */
export function placeOnFigure(box, { clientX, clientY }) {
    return {
        x: clampPercent(((clientX - box.left) / box.width) * 100),
        y: clampPercent(((clientY - box.top) / box.height) * 100),
    };
}

/**
 * Marks on the body: a figure from the front and from the back, where a tap adds a numbered mark,
 * and below a row per mark with its kind, size, colour and note. Arrow keys move a mark.
 * Field of `crisis.body.mark`; the view names its columns in a <list>.
 */
export class BodyMapField extends Component {
    static template = "crisis_intervention.BodyMapField";
    static props = { ...standardFieldProps, "*": true };

    setup() {
        this.state = useState({ selected: null });
    }

    get list() {
        return this.props.record.data[this.props.name];
    }

    get sides() {
        return this.list.fields.side.selection.map(([code, label]) => ({
            code,
            label,
            marks: this.marks.filter(({ mark }) => mark.data.side === code),
        }));
    }

    get marks() {
        return this.list.records.map((mark, index) => ({ mark, number: index + 1 }));
    }

    options(fieldName) {
        return this.list.fields[fieldName].selection;
    }

    label(mark, fieldName) {
        const option = this.options(fieldName).find(([code]) => code === mark.data[fieldName]);
        return option ? option[1] : "";
    }

    /** What a screen reader says of a mark. */
    describe(mark, number) {
        return _t("Mark %(number)s: %(kind)s, %(side)s", {
            number,
            kind: this.label(mark, "kind"),
            side: this.label(mark, "side"),
        });
    }

    /** Size, colour and note of a mark, as far as they are known. */
    details(mark) {
        const { size_mm: size, note } = mark.data;
        return [size ? _t("%s mm", size) : "", this.label(mark, "colour"), note]
            .filter(Boolean)
            .join(", ");
    }

    onPlace(side, ev) {
        if (this.props.readonly) {
            return;
        }
        const box = ev.currentTarget.getBoundingClientRect();
        return this.addMark(side, placeOnFigure(box, ev));
    }

    async addMark(side, { x, y }) {
        const mark = await this.list.addNewRecord({
            mode: "readonly",
            position: "bottom",
            context: { default_side: side, default_x: x, default_y: y },
        });
        this.state.selected = mark.id;
    }

    onMarkKeydown(mark, ev) {
        if (this.props.readonly) {
            return;
        }
        if (ev.key in ARROWS) {
            ev.preventDefault();
            const [dx, dy] = ARROWS[ev.key];
            const { x, y } = mark.data;
            return mark.update({ x: clampPercent(x + dx), y: clampPercent(y + dy) });
        }
        if (ev.key === "Delete") {
            ev.preventDefault();
            return this.list.delete(mark);
        }
    }

    onSize(mark, value) {
        const size = Number.parseInt(value, 10);
        return mark.update({ size_mm: size > 0 ? size : 0 });
    }
}

registry.category("fields").add("body_map", {
    component: BodyMapField,
    displayName: _t("Body Map"),
    supportedTypes: ["one2many"],
    useSubView: true,
    isEmpty: () => false,
});
