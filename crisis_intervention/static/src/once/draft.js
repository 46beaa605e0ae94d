import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import "@web/webclient/user_menu/user_menu_items";
import { session } from "@web/session";

const PREFIX = "crisis_draft:";
const encoder = new TextEncoder();

/**
 * The key of this user's drafts: the server gives it to whoever is logged in. Null where the browser
 * has no cryptography, as it has none without https: then nothing is kept beyond the page.
 */
async function ownKey() {
    if (!session.crisis_draft_key || !globalThis.crypto?.subtle) {
        return null;
    }
    return globalThis.crypto.subtle.importKey(
        "raw",
        Uint8Array.from(session.crisis_draft_key.match(/../g), (pair) => parseInt(pair, 16)),
        "AES-GCM",
        false,
        ["encrypt", "decrypt"]
    );
}

const toText = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const toBytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const ownPrefix = () => `${PREFIX}${session.db}:${user.userId}:`;

/** Takes the drafts of this tab away, but for those whose name begins with `kept`. */
export function dropDrafts(kept = null) {
    for (const name of Object.keys(browser.sessionStorage)) {
        if (name.startsWith(PREFIX) && !(kept && name.startsWith(kept))) {
            browser.sessionStorage.removeItem(name);
        }
    }
}

/**
 * What was typed and is not sent yet: survives a reload of the page, encrypted, in this tab alone,
 * for this user of this database.
 */
export class Draft {
    constructor(name) {
        this.name = ownPrefix() + name;
        this.turn = 0;
    }

    /** Keeps `content` (JSON) instead of what was kept before. */
    async keep(content) {
        const turn = ++this.turn;
        const ours = await ownKey();
        if (!ours) {
            return;
        }
        const iv = globalThis.crypto.getRandomValues(new Uint8Array(12));
        const sealed = await globalThis.crypto.subtle.encrypt(
            { name: "AES-GCM", iv, additionalData: encoder.encode(this.name) },
            ours,
            encoder.encode(JSON.stringify(content))
        );
        if (turn !== this.turn) {
            return; // dropped, or kept anew, meanwhile
        }
        try {
            const text = `${toText(iv)}.${toText(new Uint8Array(sealed))}`;
            browser.sessionStorage.setItem(this.name, text);
        } catch {
            // the storage is full: what is on the page is still there
        }
    }

    /** Returns what was kept, or null. */
    async read() {
        const kept = browser.sessionStorage.getItem(this.name);
        const ours = kept && (await ownKey());
        if (!ours) {
            return null;
        }
        try {
            const [iv, sealed] = kept.split(".").map(toBytes);
            const open = await globalThis.crypto.subtle.decrypt(
                { name: "AES-GCM", iv, additionalData: encoder.encode(this.name) },
                ours,
                sealed
            );
            return JSON.parse(new TextDecoder().decode(open));
        } catch {
            this.drop(); // of another key: nobody opens it any more
            return null;
        }
    }

    drop() {
        this.turn++;
        browser.sessionStorage.removeItem(this.name);
    }
}

/** Whoever logs in finds no drafts of somebody else in this tab, and whoever logs out leaves none. */
export const draftService = {
    start() {
        dropDrafts(ownPrefix());
    },
};
registry.category("services").add("crisis_draft", draftService);

const items = registry.category("user_menuitems");
const logOut = items.get("log_out");
items.add(
    "log_out",
    (env) => {
        const item = logOut(env);
        const callback = () => {
            dropDrafts();
            return item.callback();
        };
        return { ...item, callback };
    },
    { force: true }
);
