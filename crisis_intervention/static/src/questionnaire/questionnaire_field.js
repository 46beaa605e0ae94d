import { Component, markRaw, onPatched, onWillUnmount, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { debounce } from "@web/core/utils/timing";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

export const AUTOSAVE_DELAY = 1000;

/** Tells whether nothing was answered. */
export function isBlank(answer) {
    return (
        answer === undefined ||
        answer === null ||
        (typeof answer === "string" && !answer.trim())
    );
}

/**
 * Codes of the items that are not asked: an item with a condition is asked when any of the items
 * it names, itself asked, has one of the answers it names. The server counts in the same way.
 *
 * @param {Object[]} items
 * @param {Object} answers
 * @returns {Set<string>}
 */
export function hiddenItems(items, answers) {
    const hidden = new Set();
    for (const { code, condition } of items) {
        if (
            condition &&
            !condition.items.some(
                (other) => !hidden.has(other) && condition.answers.includes(answers[other])
            )
        ) {
            hidden.add(code);
        }
    }
    return hidden;
}

/**
 * A questionnaire that looks like the paper form, on a Json field of item code to answer.
 * The layout comes from a second Json field (option `layout`). Typed codes answer the item in
 * focus and go on to the next one; what is answered is saved by itself and never scored here.
 */
export class QuestionnaireField extends Component {
    static template = "crisis_intervention.QuestionnaireField";
    static props = { ...standardFieldProps, layout: { type: String, optional: true } };
    static defaultProps = { layout: "questionnaire" };

    setup() {
        this.root = useRef("root");
        // pending: answers on their way into the record, which waits while it is being saved
        this.state = useState({ marked: false, status: "", pending: null });
        this.toFocus = null;
        this.autosave = debounce(() => this.save(), AUTOSAVE_DELAY);
        onPatched(() => {
            if (this.toFocus) {
                this.focus(this.toFocus);
                this.toFocus = null;
            }
        });
        onWillUnmount(() => this.autosave.cancel());
    }

    get layout() {
        return this.props.record.data[this.props.layout]?.items || [];
    }

    get answers() {
        return this.state.pending || this.props.record.data[this.props.name] || {};
    }

    /** Items that are asked, each with its answer and whether a section begins with it. */
    get items() {
        const hidden = hiddenItems(this.layout, this.answers);
        let section = "";
        return this.layout
            .filter(({ code }) => !hidden.has(code))
            .map((item) => {
                const heading = item.section !== section ? item.section : "";
                section = item.section;
                return {
                    ...item,
                    heading,
                    answer: this.answers[item.code],
                    blank: isBlank(this.answers[item.code]),
                };
            });
    }

    get counted() {
        return this.items.filter(({ kind }) => kind !== "text");
    }

    get missing() {
        return this.counted.filter(({ blank }) => blank);
    }

    get progress() {
        return _t("%(answered)s of %(all)s", {
            answered: this.counted.length - this.missing.length,
            all: this.counted.length,
        });
    }

    get statusText() {
        return { saving: _t("Saving…"), saved: _t("Saved") }[this.state.status] || "";
    }

    inputName(item) {
        return `${this.props.name}_${this.props.record.id}_${item.code}`;
    }

    /**
     * Sets or clears an answer, and drops the answers of items that are not asked any more.
     *
     * @param {number} [step] where the focus goes when the form shows the answer: 0 stays, 1 goes on
     */
    async answer(code, value, step) {
        if (this.props.readonly) {
            return;
        }
        const answers = { ...this.answers, [code]: value };
        if (isBlank(value)) {
            delete answers[code];
        }
        for (const hidden of hiddenItems(this.layout, answers)) {
            delete answers[hidden];
        }
        Object.assign(this.state, { status: "", pending: markRaw(answers) });
        if (step !== undefined) {
            this.toFocus = this.neighbour(code, step);
        }
        await this.props.record.update({ [this.props.name]: answers });
        if (this.state.pending === answers) {
            this.state.pending = null;
        }
        this.autosave();
    }

    onNumber(item, ev) {
        const text = ev.target.value.trim();
        const number = Number(text);
        const inRange =
            (item.low === null || number >= item.low) && (item.high === null || number <= item.high);
        const wrong = text !== "" && !(Number.isFinite(number) && inRange);
        ev.target.setCustomValidity(wrong ? _t("This number is out of range.") : "");
        ev.target.reportValidity();
        return this.answer(item.code, text === "" || wrong ? undefined : number);
    }

    /** Saves what was answered; a new record is left to the form's own save. */
    async save() {
        const { record } = this.props;
        if (!record.resId || !(await record.isDirty())) {
            return;
        }
        this.state.status = "saving";
        this.state.status = (await record.save({ reload: false })) ? "saved" : "";
    }

    focus(code) {
        const item = this.root.el?.querySelector(`[data-item="${CSS.escape(code)}"]`);
        (item?.querySelector("input:checked") || item?.querySelector("input, textarea"))?.focus();
        item?.scrollIntoView({ block: "center", behavior: "smooth" });
    }

    /** Returns the code of the item `step` places after the one with `code`; at the ends its own. */
    neighbour(code, step) {
        const { items } = this;
        return items[items.findIndex((item) => item.code === code) + step]?.code || code;
    }

    jump() {
        this.state.marked = true;
        this.focus(this.missing[0].code);
    }

    /** Returns the option that a typed key stands for. */
    typedOption(item, key) {
        const short = item.options.every(({ code }) => code.length === 1);
        return short
            ? item.options.find(({ code }) => code.toLowerCase() === key.toLowerCase())
            : item.options[Number.parseInt(key, 10) - 1];
    }

    async onOptionKeydown(item, ev) {
        if (this.props.readonly || ev.ctrlKey || ev.altKey || ev.metaKey) {
            return;
        }
        const position = item.options.findIndex(({ code }) => code === item.answer);
        const step = { ArrowLeft: -1, ArrowRight: 1 }[ev.key];
        if (step) {
            ev.preventDefault();
            const last = item.options.length - 1;
            const next = Math.min(Math.max(position + step, 0), last);
            await this.answer(item.code, item.options[next].code, 0);
        } else if (ev.key === "ArrowUp" || ev.key === "ArrowDown") {
            ev.preventDefault();
            this.focus(this.neighbour(item.code, ev.key === "ArrowUp" ? -1 : 1));
        } else if (ev.key === "Backspace" || ev.key === "Delete") {
            ev.preventDefault();
            await this.answer(item.code);
        } else if (ev.key.length === 1) {
            const option = this.typedOption(item, ev.key);
            if (option) {
                ev.preventDefault();
                await this.answer(item.code, option.code, 1);
            }
        }
    }
}

registry.category("fields").add("crisis_questionnaire", {
    component: QuestionnaireField,
    displayName: _t("Questionnaire"),
    supportedTypes: ["json"],
    isEmpty: () => false,
    fieldDependencies: ({ options }) => [
        { name: options.layout || "questionnaire", type: "json", readonly: true },
    ],
    extractProps: ({ options }) => ({ layout: options.layout || "questionnaire" }),
});
