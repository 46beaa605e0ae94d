import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { localTime } from "./moments";

/** Two taps: what, where. Then everybody is alerted. */
export class EmergencyStart extends Component {
    static template = "crisis_intervention.EmergencyStart";
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({
            kinds: [],
            places: [],
            running: [],
            mayDrill: false,
            isDrill: Boolean(this.props.action.context?.crisis_drill),
            kind: null,
            place: "",
            busy: false,
            joined: null,
        });
        this.others = [];
        onWillStart(async () => {
            const screen = await this.orm.call("crisis.emergency", "start_screen", []);
            Object.assign(this.state, {
                kinds: screen.kinds,
                places: screen.places,
                running: screen.running,
                mayDrill: screen.may_drill,
            });
        });
    }

    time(emergency) {
        return localTime(emergency.started);
    }

    get startedText() {
        const { joined } = this.state;
        return _t("%(name)s started this at %(time)s.", {
            name: joined.by,
            time: this.time(joined),
        });
    }

    onKind(kind) {
        this.state.kind = kind;
    }

    async onPlace(place) {
        if (this.state.busy || !place.trim()) {
            return;
        }
        this.state.busy = true;
        try {
            const answer = await this.orm.call("crisis.emergency", "start", [
                this.state.kind.code,
                place.trim(),
                this.state.isDrill,
                this.others,
            ]);
            if (answer.joined) {
                this.state.place = place.trim();
                this.state.joined = answer;
            } else {
                await this.open(answer.id);
            }
        } finally {
            this.state.busy = false;
        }
    }

    /** What was joined is not meant: start another one. */
    onAnother() {
        this.others.push(this.state.joined.id);
        this.state.joined = null;
        return this.onPlace(this.state.place);
    }

    open(id) {
        return this.action.doAction("crisis_intervention.crisis_emergency_action", {
            viewType: "form",
            props: { resId: id },
            clearBreadcrumbs: true,
        });
    }
}

registry.category("actions").add("crisis_emergency_start", EmergencyStart);
