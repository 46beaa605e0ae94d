import { onWillDestroy } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";

export const RETRY_EVERY = 5000;

/**
 * Calls `again` until it needs no network any more: every few seconds, and as soon as the browser
 * says that the network is back.
 *
 * @param {() => Promise} again
 * @returns {{wait: () => void, stop: () => void}} `wait` calls once; it is asked for after each failure
 */
export function useNetworkWait(again) {
    let timer = null;
    let isWaiting = false;
    const stop = () => {
        isWaiting = false;
        browser.clearTimeout(timer);
    };
    const go = () => {
        if (isWaiting) {
            stop();
            again();
        }
    };
    browser.addEventListener("online", go);
    onWillDestroy(() => {
        stop();
        browser.removeEventListener("online", go);
    });
    return {
        wait() {
            stop();
            isWaiting = true;
            timer = browser.setTimeout(go, RETRY_EVERY);
        },
        stop,
    };
}
