import { Component, onMounted, onWillStart, useEnv, useState, useSubEnv } from "@odoo/owl";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { useDebounced } from "@web/core/utils/timing";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { formView } from "@web/views/form/form_view";
import { x2ManyCommands } from "@web/core/orm_service";
import { Draft } from "../once/draft";
import { newToken } from "../once/token";
import { useNetworkWait } from "../once/waiting";

const KEEP_AFTER = 400;
const { CREATE, LINK } = x2ManyCommands;

/** What a form begins with from the context, out of what it would send. */
function asDefaults(values) {
    const defaults = {};
    for (const [name, value] of Object.entries(values)) {
        const isList = Array.isArray(value);
        defaults[`default_${name}`] = isList
            ? value.map((command) =>
                  command[0] === CREATE ? [CREATE, 0, command[2]] : [LINK, command[1]]
              )
            : value;
    }
    return defaults;
}

/**
 * The form of a report keeps what is typed until it is sent: through a reload and a lost network.
 * Sent again, it is the same report: the draft keeps the token too.
 */
export class ReportFormController extends formView.Controller {
    setup() {
        this.draft = new Draft("crisis.concern");
        this.draftState = useState({ found: null, isWaiting: false });
        this.typed = {};
        super.setup();
        this.keepSoon = useDebounced(() => this.keepDraft(), KEEP_AFTER, {
            execBeforeUnmount: true,
        });
        this.network = useNetworkWait(() => this.sendAgain());
        useSubEnv({
            crisisDraft: {
                state: this.draftState,
                resume: () => this.resumeDraft(),
                discard: () => this.discardDraft(),
            },
        });
        onMounted(() => {
            this.rootRef.el?.addEventListener("input", (ev) => this.onInput(ev));
        });
        onWillStart(async () => {
            this.draftState.found = this.props.resId ? null : await this.draft.read();
        });
    }

    get modelParams() {
        const params = super.modelParams;
        const onRecordChanged = () => {
            this.typed = {}; // what is typed goes into the record before anything else changes
            this.keepSoon();
        };
        return { ...params, hooks: { ...params.hooks, onRecordChanged } };
    }

    /** Keeps text while it is typed, before the field gives it to the record. */
    onInput({ target }) {
        const name = target.closest(".o_field_widget[name]")?.getAttribute("name");
        if (["char", "text"].includes(this.model.root.fields[name]?.type)) {
            this.typed[name] = target.value;
            this.keepSoon();
        }
    }

    async keepDraft() {
        const { root } = this.model;
        // what was kept before stays until it is said what becomes of it
        if (!root?.isNew || this.draftState.found || this.isSent) {
            return;
        }
        root.onceToken ||= newToken();
        const values = { ...(await root.getChanges()), ...this.typed };
        if (!this.isSent) {
            await this.draft.keep({ values, token: root.onceToken, time: Date.now() });
        }
    }

    async resumeDraft() {
        const { values, token } = this.draftState.found;
        await this.model.load({ context: { ...this.props.context, ...asDefaults(values) } });
        this.model.root.onceToken = token;
        this.model.root.dirty = true;
        this.draftState.found = null;
    }

    discardDraft() {
        this.draftState.found = null;
        this.draft.drop();
    }

    async beforeExecuteActionButton(clickParams) {
        if (clickParams.special === "cancel") {
            this.finishDraft();
            return super.beforeExecuteActionButton(clickParams);
        }
        try {
            const saved = await super.beforeExecuteActionButton(clickParams);
            if (saved) {
                this.finishDraft();
            }
            this.draftState.isWaiting = false;
            return saved;
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                this.draftState.isWaiting = false;
                throw error;
            }
            this.clicked = clickParams;
            this.draftState.isWaiting = true;
            this.network.wait();
            return false;
        }
    }

    finishDraft() {
        this.isSent = true;
        this.network.stop();
        if (!this.draftState.found) {
            this.draft.drop();
        }
    }

    sendAgain() {
        const { root } = this.model;
        return this.env.onClickViewButton({
            clickParams: this.clicked,
            getResParams: () => ({
                resModel: root.resModel,
                resId: root.resId,
                resIds: root.resIds,
                context: root.context,
                evalContext: root.evalContext,
            }),
        });
    }
}

registry.category("views").add("crisis_report_form", {
    ...formView,
    Controller: ReportFormController,
});

/** Says at the top of the form what is kept of it. */
export class ReportDraft extends Component {
    static template = "crisis_intervention.ReportDraft";
    static props = { ...standardWidgetProps };

    setup() {
        this.draft = useEnv().crisisDraft;
        this.state = useState(this.draft.state);
    }

    get time() {
        return luxon.DateTime.fromMillis(this.state.found.time).toFormat("HH:mm");
    }
}

registry.category("view_widgets").add("crisis_report_draft", { component: ReportDraft });
