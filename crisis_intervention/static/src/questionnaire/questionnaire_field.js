import { Component, onPatched, onWillUpdateProps, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { uniqueId } from "@web/core/utils/functions";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { useAnswersDraft } from "./answers_draft";
import {
    hiddenItems,
    isBlank,
    sectionsOf,
    typedNumber,
    typedOption,
    withAnswer,
} from "./questionnaire";

const LAYOUT = "questionnaire";
// the one key of answers that cannot be opened, see `UNREADABLE` of the server
const UNREADABLE = "";
const OPTION_STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const ITEM_STEPS = { ArrowUp: -1, ArrowDown: 1 };

/** Tells whether an arrow key has nowhere to go in the text of an input. */
function atEdge({ tagName, value, selectionStart, selectionEnd }, step) {
    const edge = step < 0 ? 0 : value.length;
    return tagName !== "TEXTAREA" || (selectionStart === edge && selectionEnd === edge);
}

/**
 * A questionnaire that looks like its paper form and is filled by mouse, finger or keyboard.
 * Field of the answers (Json); the field named by the option `layout` holds `{items}`, see
 * questionnaire.js. Saves while it is filled, and never scores.
 */
export class QuestionnaireField extends Component {
    static template = "crisis_intervention.QuestionnaireField";
    static props = { ...standardFieldProps, layout: { type: String, optional: true } };
    static defaultProps = { layout: LAYOUT };

    setup() {
        this.id = uniqueId("crisis_questionnaire_");
        this.root = useRef("root");
        this.draft = useAnswersDraft();
        this.state = useState({ typed: {}, wrong: {}, marking: false });
        this.toFocus = null;
        onPatched(() => this.toFocus && this.focusItem(this.toFocus));
        onWillUpdateProps(({ record }) => {
            if (record.id !== this.props.record.id) {
                Object.assign(this.state, { typed: {}, wrong: {}, marking: false });
            }
        });
    }

    get items() {
        return this.props.record.data[this.props.layout]?.items || [];
    }

    get sections() {
        return sectionsOf(this.items);
    }

    get answers() {
        return this.draft.answers;
    }

    /** What the server says in the place of answers that cannot be opened. */
    get unreadable() {
        return this.answers[UNREADABLE];
    }

    get hidden() {
        return hiddenItems(this.items, this.answers);
    }

    get asked() {
        const { hidden } = this;
        return this.items.filter((item) => !hidden.has(item.code));
    }

    get progress() {
        const counted = this.asked.filter((item) => item.kind !== "text");
        const missing = counted.filter((item) => !this.isAnswered(item));
        return { total: counted.length, done: counted.length - missing.length, missing };
    }

    get progressText() {
        const { done, total } = this.progress;
        return _t("%(done)s of %(total)s", { done, total });
    }

    get statusText() {
        const texts = { saving: _t("Saving…"), saved: _t("Saved"), failed: _t("Not saved") };
        return texts[this.draft.status] || "";
    }

    isAnswered(item) {
        return !isBlank(this.answers[item.code]);
    }

    isMarked(item) {
        return this.state.marking && item.kind !== "text" && !this.isAnswered(item);
    }

    canClear(item) {
        return !this.props.readonly && (this.isAnswered(item) || item.code in this.state.typed);
    }

    /** What a number or text input shows: the answer, in the way it was typed. */
    shown(item) {
        const typed = this.state.typed[item.code];
        const answer = this.answers[item.code] ?? null;
        const keeps = typed !== undefined && typedNumber(item, typed) === answer;
        return keeps ? typed : String(answer ?? "");
    }

    isWrong(item) {
        return this.state.wrong[item.code] && !this.isAnswered(item);
    }

    rangeText({ low, high }) {
        const hasLow = !isBlank(low);
        if (hasLow && !isBlank(high)) {
            return _t("From %(low)s to %(high)s", { low, high });
        }
        if (hasLow) {
            return _t("At least %s", low);
        }
        return isBlank(high) ? "" : _t("At most %s", high);
    }

    answer(item, answer, options) {
        this.draft.change(withAnswer(this.items, this.answers, item.code, answer), options);
        for (const code of this.hidden) {
            this.forgetTyped(code);
        }
    }

    forgetTyped(code) {
        delete this.state.typed[code];
        delete this.state.wrong[code];
    }

    clear(item) {
        this.forgetTyped(item.code);
        this.answer(item, undefined);
    }

    onClear(item) {
        this.clear(item);
        this.focusItem(item.code);
    }

    onNumberInput(item, text) {
        this.state.typed[item.code] = text;
        delete this.state.wrong[item.code];
        this.answer(item, typedNumber(item, text), { typing: true });
    }

    onNumberLeft(item, text) {
        if (isBlank(text) || typedNumber(item, text) !== null) {
            this.forgetTyped(item.code);
        } else {
            this.state.wrong[item.code] = true;
        }
        this.draft.send();
    }

    onJump() {
        this.state.marking = true;
        this.focusItem(this.progress.missing[0].code, "center");
    }

    /** Focuses an item now, or once it is there: an answer may just have made it asked. */
    focusItem(code, block = "nearest") {
        const item = this.root.el.querySelector(`[data-item="${CSS.escape(code)}"]`);
        this.toFocus = item ? null : code;
        if (item) {
            const input =
                item.querySelector("input:checked") || item.querySelector("input, textarea");
            input.focus({ preventScroll: true });
            item.scrollIntoView({ block });
        }
    }

    focusStep(item, step) {
        const { asked } = this;
        const next = asked[asked.findIndex(({ code }) => code === item.code) + step];
        if (next) {
            this.focusItem(next.code);
        }
    }

    onKeydown(ev) {
        if (ev.ctrlKey || ev.altKey || ev.metaKey || ev.isComposing) {
            return;
        }
        const code = this.toFocus || ev.target.closest("[data-item]")?.dataset.item;
        const item = this.asked.find((asked) => asked.code === code);
        if (item && this.useKey(item, ev.key, ev.target)) {
            ev.preventDefault();
            ev.stopPropagation();
        }
    }

    /** Does what a key stands for on an item; tells whether it stands for anything. */
    useKey(item, key, input) {
        if (key in ITEM_STEPS) {
            const leaves = atEdge(input, ITEM_STEPS[key]);
            if (leaves) {
                this.focusStep(item, ITEM_STEPS[key]);
            }
            return leaves;
        }
        if (item.kind === "number" && key === "Enter") {
            this.focusStep(item, 1);
            return true;
        }
        return Boolean(item.options?.length) && this.useChoiceKey(item, key);
    }

    useChoiceKey(item, key) {
        const { asked } = this;
        if (key === "Home" || key === "End") {
            this.focusItem(asked.at(key === "Home" ? 0 : -1).code);
            return true;
        }
        if (key === "Backspace" || key === "Delete") {
            this.clear(item);
            return true;
        }
        if (key in OPTION_STEPS) {
            this.stepOption(item, OPTION_STEPS[key]);
            return true;
        }
        const option = typedOption(item.options, key);
        if (option) {
            this.answer(item, option.code);
            this.focusStep(item, 1);
        }
        return Boolean(option);
    }

    /** Chooses the option beside the chosen one; without one, the first or the last. */
    stepOption(item, step) {
        const codes = item.options.map((option) => option.code);
        const chosen = codes.indexOf(this.answers[item.code]);
        const next = chosen < 0 ? (step > 0 ? 0 : codes.length - 1) : chosen + step;
        if (next in codes) {
            this.answer(item, codes[next]);
            const inputs = this.root.el.querySelectorAll(
                `[data-item="${CSS.escape(item.code)}"] input`
            );
            inputs[next].focus();
        }
    }
}

registry.category("fields").add("crisis_questionnaire", {
    component: QuestionnaireField,
    displayName: _t("Questionnaire"),
    supportedTypes: ["json"],
    supportedOptions: [
        {
            label: _t("Field of the layout"),
            name: "layout",
            type: "field",
            availableTypes: ["json"],
        },
    ],
    extractProps: ({ options }) => ({ layout: options.layout }),
    fieldDependencies: ({ options }) => [{ name: options.layout || LAYOUT, type: "json" }],
    isEmpty: () => false,
});
