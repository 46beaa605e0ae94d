import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { deserializeDate, deserializeDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { imageUrl } from "@web/core/utils/urls";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const { DateTime } = luxon;
const DAY = { ...DateTime.DATE_FULL, weekday: "short" };

/**
 * What happened in a case, page by page, latest first. The server gives what the user may read, and
 * never says how much there is.
 */
export class Timeline extends Component {
    static template = "crisis_intervention.Timeline";
    static props = { ...standardWidgetProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.state = useState({ lines: [], next: false });
        this.imageUrl = imageUrl;
        onWillStart(() => this.load(this.props.record.resId));
        // the next case, or this one after a button has done something
        onWillUpdateProps(({ record }) => {
            if (record !== this.props.record) {
                return this.load(record.resId);
            }
        });
    }

    /** Lines under the day on which they stand. */
    get days() {
        const days = [];
        for (const line of this.state.lines) {
            const withTime = line.date.length > 10;
            const date = withTime ? deserializeDateTime(line.date) : deserializeDate(line.date);
            const day = date.toLocaleString(DAY);
            if (days.at(-1)?.day !== day) {
                days.push({ day, lines: [] });
            }
            const time = withTime ? date.toLocaleString(DateTime.TIME_SIMPLE) : "";
            days.at(-1).lines.push({ ...line, time });
        }
        return days;
    }

    /** Fetches a page: the first, or the one after what is shown. */
    async load(caseId, before = false) {
        const page = await this.keepLast.add(
            this.orm.call("crisis.chronology", "page", [caseId], { before })
        );
        this.state.lines = before ? [...this.state.lines, ...page.lines] : page.lines;
        this.state.next = page.next;
    }

    onMore() {
        return this.load(this.props.record.resId, this.state.next);
    }

    async onOpen(line) {
        if (line.about_case) {
            return;
        }
        const action = await this.orm.call("crisis.chronology", "action_open", [[line.id]]);
        await this.action.doAction(action);
    }
}

registry.category("view_widgets").add("crisis_timeline", { component: Timeline });
