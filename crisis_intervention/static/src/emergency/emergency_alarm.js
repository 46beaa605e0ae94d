import { Component, onWillDestroy, useEffect, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { AlarmSound } from "./alarm_sound";
import { localTime } from "./moments";

/** Covers the screen and rings until the user has answered. */
export class EmergencyAlarm extends Component {
    static template = "crisis_intervention.EmergencyAlarm";
    static props = {};

    setup() {
        this.emergency = useService("crisis_emergency");
        this.action = useService("action");
        this.store = this.env.services["mail.store"];
        this.alarm = useState(this.emergency.state);
        this.state = useState({ busy: false });
        this.sound = new AlarmSound();
        useEffect(
            (rings) => (rings ? this.sound.start() : this.sound.stop()),
            () => [this.alarm.alarms.length > 0]
        );
        onWillDestroy(() => this.sound.stop());
    }

    time(alarm) {
        return localTime(alarm.started);
    }

    async onAcknowledge(alarm) {
        this.state.busy = true;
        try {
            await this.emergency.acknowledge(alarm.id);
        } finally {
            this.state.busy = false;
        }
        if (!this.alarm.alarms.length) {
            // on a phone an open chat would cover the board
            this.store?.chatHub.hideAll();
            this.open(alarm);
        }
    }

    open(alarm) {
        if (!user.activeCompanies.some((company) => company.id === alarm.school)) {
            // works in several schools, and has another one switched on
            user.activateCompanies([alarm.school], { reload: false });
            browser.location.assign(`/odoo/crisis-emergencies/${alarm.id}`);
            return;
        }
        this.action.doAction("crisis_intervention.crisis_emergency_action", {
            viewType: "form",
            props: { resId: alarm.id },
            clearBreadcrumbs: true,
        });
    }
}

registry.category("main_components").add("crisis_intervention.EmergencyAlarm", {
    Component: EmergencyAlarm,
});
