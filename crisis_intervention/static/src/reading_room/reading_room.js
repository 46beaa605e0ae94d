import { Component, onWillStart, onWillUnmount, useState } from "@odoo/owl";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const { DateTime } = luxon;

/**
 * What a permission to look opens, for as long as it holds. The texts come from the server each
 * time and stay on this page only; when the time is over, the page empties itself.
 */
export class ReadingRoom extends Component {
    static template = "crisis_intervention.ReadingRoom";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({ reading: null, refusal: "", left: 0 });
        onWillStart(() => this.load());
        const timer = setInterval(() => this.tick(), 1000);
        onWillUnmount(() => clearInterval(timer));
    }

    get grantId() {
        return this.props.action.params.grant_id;
    }

    get until() {
        return formatDateTime(deserializeDateTime(this.state.reading.until));
    }

    get timeLeft() {
        const { hours, minutes, seconds } = this.state.left;
        return [hours, minutes, seconds]
            .map((n) => String(Math.floor(n)).padStart(2, "0"))
            .join(":");
    }

    async load() {
        try {
            this.state.reading = await this.orm.silent.call("crisis.access.grant", "reading", [
                [this.grantId],
            ]);
            this.tick();
        } catch (error) {
            this.state.refusal = error.data?.message || String(error);
        }
    }

    tick() {
        if (!this.state.reading) {
            return;
        }
        const left = deserializeDateTime(this.state.reading.until).diff(DateTime.now(), [
            "hours",
            "minutes",
            "seconds",
        ]);
        if (left.toMillis() <= 0) {
            this.state.reading = null;
        } else {
            this.state.left = left.toObject();
        }
    }

    async onAgain() {
        const action = await this.orm.call("crisis.access.grant", "action_read", [[this.grantId]]);
        await this.action.doAction(action, { stackPosition: "replaceCurrentAction" });
    }
}

registry.category("actions").add("crisis_reading_room", ReadingRoom);
