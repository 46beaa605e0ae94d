import { Dialog } from "@web/core/dialog/dialog";
import { Record } from "@web/model/relational_model/record";
import { patch } from "@web/core/utils/patch";
import { Component, useState } from "@odoo/owl";

/** Yields a record, and the lines in it, at every depth. */
function* withLines(record) {
    yield record;
    for (const name of Object.keys(record.activeFields)) {
        if (["one2many", "many2many"].includes(record.fields[name].type)) {
            for (const line of Object.values(record.data[name]?._cache || {})) {
                yield* withLines(line);
            }
        }
    }
}

/** Returns the versions of the texts that a save would change: those of the texts that were read. */
export function textsRead(record) {
    const read = {};
    for (const each of withLines(record)) {
        const versions = (each.resId && each._values.text_versions) || {};
        for (const name of Object.keys(each._changes)) {
            if (name in versions) {
                read[each.resModel] ??= {};
                read[each.resModel][each.resId] ??= {};
                read[each.resModel][each.resId][name] = versions[name];
            }
        }
    }
    return read;
}

/** Shows what somebody else has saved beside what was written meanwhile, and lets choose. */
export class StaleTextsDialog extends Component {
    static template = "crisis_intervention.StaleTextsDialog";
    static components = { Dialog };
    static props = { texts: Array, decide: Function, close: Function };

    setup() {
        this.texts = useState(
            this.props.texts.map((text) => ({
                ...text,
                choice: "",
                together: [text.theirs, text.mine].filter(Boolean).join("\n\n"),
            }))
        );
        // whatever closes the dialog: nothing is saved, and what was written stays in the form
        this.env.dialogData.dismiss = () => this.props.decide(null);
    }

    get isDecided() {
        return this.texts.every((text) => text.choice);
    }

    save() {
        const chosen = { theirs: (text) => text.theirs, mine: (text) => text.mine };
        this.props.decide(
            this.texts.map((text) => (chosen[text.choice] || ((each) => each.together))(text))
        );
        this.props.close();
    }

    goOn() {
        this.props.decide(null);
        this.props.close();
    }
}

/**
 * Long texts are sent with the version that was read. The server refuses to write over what somebody
 * else has saved meanwhile: both are shown then.
 */
patch(Record.prototype, {
    get context() {
        if (!this._textsRead) {
            return super.context;
        }
        const leaving = this.model._urgentSave ? { crisis_texts_leaving: true } : {};
        return { ...super.context, crisis_texts_read: this._textsRead, ...leaving };
    },

    async _save(params = {}) {
        const read = textsRead(this);
        this._textsRead = Object.keys(read).length ? read : null;
        try {
            return await super._save({
                ...params,
                onError: async (error, options) => {
                    const stale = error.data?.context?.crisis_stale_texts;
                    if (stale) {
                        return (await this._bringTogether(stale, error)) && options.retry();
                    }
                    if (params.onError) {
                        return params.onError(error, options);
                    }
                    if (!this.isInEdition) {
                        await this._load({});
                    }
                    throw error;
                },
            });
        } finally {
            this._textsRead = null;
        }
    },

    /**
     * Lets the user choose between texts, and takes over what is chosen.
     *
     * @param {Object[]} stale which texts were changed meanwhile: model, id, field, by, at, own
     * @param {Error} error what the server has said
     * @returns {Promise<boolean>} whether to save again
     */
    async _bringTogether(stale, error) {
        const texts = [];
        for (const each of stale) {
            texts.push(await this._textNow(each, error));
        }
        // the same text in another version: nothing of anybody's is written over
        const open = texts.filter(({ read, theirs, mine }) => ![read, mine].includes(theirs));
        const chosen = open.length ? await this._chooseTexts(open) : [];
        if (!chosen) {
            return false;
        }
        for (const { record, field, theirs, version } of texts) {
            const versions = { ...record._values.text_versions, [field]: version };
            record._applyValues({ [field]: theirs || false, text_versions: versions });
        }
        for (const [index, { record, field, theirs }] of open.entries()) {
            record._applyChanges({ [field]: chosen[index] });
            if (chosen[index] === theirs) {
                delete record._changes[field];
            }
        }
        return true;
    },

    /** Reads what stands there now, as every reader does, and returns it with what is in the form. */
    async _textNow({ model, id, field, ...more }, error) {
        const record = [...withLines(this)].find(
            (each) => each.resModel === model && each.resId === id && field in each._changes
        );
        if (!record) {
            throw error;
        }
        const [now] = await this.model.orm.webRead(model, [id], {
            context: this.config.context,
            specification: { [field]: {}, text_versions: {} },
        });
        return {
            ...more,
            record,
            field,
            label: record.fields[field].string,
            read: record._values[field] || "",
            theirs: now[field] || "",
            mine: record._changes[field] || "",
            version: now.text_versions[field],
        };
    },

    /** Shows the texts side by side; returns what is chosen for each, or null to go on writing. */
    _chooseTexts(open) {
        const texts = open.map(({ label, by, at, own, theirs, mine }) => ({
            label,
            by,
            at,
            own,
            theirs,
            mine,
        }));
        return new Promise((decide) => {
            const onClose = () => decide(null);
            this.model.dialog.add(StaleTextsDialog, { texts, decide }, { onClose });
        });
    },
});
