import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { session } from "@web/session";

export const BUS_TYPE = "crisis_emergency";
// Without the websocket the client asks by itself; with it, only to be sure.
export const FAST = 5000;
export const SLOW = 60000;

/**
 * Knows which emergencies run, and for which the user has to answer. The bus says only that
 * something changed; what it is the client reads with the user's own access.
 */
export const emergencyService = {
    dependencies: ["bus_service", "orm"],
    start(env, { bus_service: bus, orm }) {
        const state = reactive({ alarms: [], running: [], isListening: false });
        const listeners = new Set();
        let timer = null;
        let asking = null;

        const isConnected = () => bus.workerState === "CONNECTED";

        function plan() {
            browser.clearTimeout(timer);
            const quick = !isConnected() || state.alarms.length;
            timer = browser.setTimeout(refresh, quick ? FAST : SLOW);
        }

        async function ask() {
            try {
                const found = await orm.silent.call("crisis.emergency", "alarms", []);
                state.alarms = found.alarms;
                state.running = found.running;
            } catch (error) {
                // no network: what rings goes on ringing, and the client asks again
                if (!(error instanceof ConnectionLostError)) {
                    throw error;
                }
            } finally {
                asking = null;
                plan();
            }
        }

        function refresh() {
            if (!state.isListening) {
                return Promise.resolve();
            }
            asking = asking || ask();
            return asking;
        }

        /** Answers an alarm; the first answer counts. */
        async function acknowledge(id) {
            await orm.call("crisis.emergency", "acknowledge", [[id]]);
            state.alarms = state.alarms.filter((alarm) => alarm.id !== id);
            refresh();
        }

        /** Calls `callback(id)` when something changed; returns what ends that. */
        function onChange(callback) {
            listeners.add(callback);
            return () => listeners.delete(callback);
        }

        if (session.crisis_staff) {
            state.isListening = true;
            bus.subscribe(BUS_TYPE, ({ id }) => {
                refresh();
                listeners.forEach((callback) => callback(id));
            });
            refresh();
        }
        return { state, refresh, acknowledge, onChange, isConnected };
    },
};

registry.category("services").add("crisis_emergency", emergencyService);
