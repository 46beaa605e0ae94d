import { onWillUpdateProps, useComponent, useState } from "@odoo/owl";
import { useBus } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";

const AUTOSAVE_DELAY = 1000;

/**
 * Answers of a Json field while they are being changed, and their saving.
 *
 * The record takes no change while it is being saved, so the latest answers live here until the
 * record has them. A saved record is saved again a second after the last change, without reload.
 *
 * @returns {{answers: Object, status: "" | "saving" | "saved" | "failed",
 *     change: (answers: Object, options?: {typing: boolean}) => void, send: () => Promise<void>}}
 *     `change` keeps new answers, and leaves it to `send` or the next save to give them to the
 *     record when `typing`
 */
export function useAnswersDraft() {
    const component = useComponent();
    const state = useState({ draft: null, status: "" });
    const { bus } = component.props.record.model;
    let unsent = false;
    let updates = 0;

    async function send() {
        if (!unsent) {
            return;
        }
        const { record, name } = component.props;
        unsent = false;
        updates++;
        try {
            await record.update({ [name]: { ...state.draft } });
        } finally {
            updates--;
            if (!updates && !unsent) {
                state.draft = null;
            }
            bus.trigger("FIELD_IS_DIRTY", unsent);
        }
    }

    async function save() {
        const { record } = component.props;
        await send();
        if (!record.resId || !record.canSaveOnUpdate || !(await record.checkValidity())) {
            return;
        }
        state.status = "saving";
        let saved = false;
        try {
            saved = await record.save({ reload: false });
        } finally {
            const changed = state.draft || record.dirty;
            state.status = saved ? (changed ? "" : "saved") : "failed";
        }
    }
    const autosave = useDebounced(save, AUTOSAVE_DELAY, { execBeforeUnmount: true });

    useBus(bus, "NEED_LOCAL_CHANGES", ({ detail }) => detail.proms.push(send()));
    useBus(bus, "WILL_SAVE_URGENTLY", () => {
        const { record, name } = component.props;
        if (state.draft) {
            record.update({ [name]: { ...state.draft } });
            // if the page stays after all, older answers that wait for a running save come after
            // this update: so it is done again
            unsent = true;
            autosave();
        }
    });
    onWillUpdateProps(({ record }) => {
        if (record.id !== component.props.record.id) {
            Object.assign(state, { draft: null, status: "" });
            unsent = false;
        }
    });

    return {
        get answers() {
            const { record, name } = component.props;
            return state.draft || record.data[name] || {};
        },
        get status() {
            return state.status;
        },
        change(answers, { typing = false } = {}) {
            Object.assign(state, { draft: answers, status: "" });
            unsent = true;
            autosave();
            if (typing) {
                bus.trigger("FIELD_IS_DIRTY", true);
            } else {
                send();
            }
        },
        send,
    };
}
