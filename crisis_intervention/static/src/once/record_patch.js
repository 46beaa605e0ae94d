import { Record } from "@web/model/relational_model/record";
import { patch } from "@web/core/utils/patch";
import { newToken } from "./token";

/**
 * A new record is sent with a token until it is saved. When the answer is lost, or the button is
 * pressed again, the server knows the token and saves no second one.
 */
patch(Record.prototype, {
    get context() {
        return this.onceSending ? { ...super.context, crisis_once: this.onceToken } : super.context;
    },

    async _save() {
        if (this.resId) {
            return super._save(...arguments);
        }
        this.onceToken ||= newToken();
        this.onceSending = true;
        try {
            return await super._save(...arguments);
        } finally {
            this.onceSending = false;
        }
    },
});
