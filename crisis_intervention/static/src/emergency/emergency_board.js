import {
    Component,
    onMounted,
    onWillDestroy,
    onWillStart,
    onWillUpdateProps,
    useRef,
    useState,
} from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { isMobileOS } from "@web/core/browser/feature_detection";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { user } from "@web/core/user";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Draft } from "../once/draft";
import { newToken } from "../once/token";
import { localTime, millis, span } from "./moments";
import { shrunkPhoto } from "./photo";

// While somebody looks at it the board asks by itself, whether the websocket works or not.
export const BOARD_EVERY = 4000;

/**
 * The live board of one emergency. Everything people do is one small call that may be repeated;
 * what cannot be sent now is kept and sent when the network is back.
 */
export class EmergencyBoard extends Component {
    static template = "crisis_intervention.EmergencyBoard";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.emergency = useService("crisis_emergency");
        this.photoInput = useRef("photo");
        this.state = useState({
            board: null,
            now: 0,
            offset: 0,
            waiting: [],
            refused: [],
            isLost: false,
            onlyMine: false,
            opened: null,
            skipping: null,
            reason: "",
            note: "",
            search: "",
            found: [],
            standingDown: false,
            allEvents: false,
        });
        this.isAlive = true;
        onWillStart(() => this.begin(this.props.record.resId));
        onWillUpdateProps((next) => {
            if (next.record.resId !== this.props.record.resId) {
                return this.begin(next.record.resId);
            }
        });
        const forget = this.emergency.onChange(
            (id) => id === this.props.record.resId && this.load()
        );
        onMounted(() => {
            this.clock = browser.setInterval(() => this.tick(), 1000);
            this.planNext();
        });
        onWillDestroy(() => {
            this.isAlive = false;
            forget();
            browser.clearInterval(this.clock);
            browser.clearTimeout(this.next);
        });
    }

    get board() {
        return this.state.board;
    }

    tick() {
        this.state.now = Date.now() + this.state.offset;
    }

    planNext() {
        browser.clearTimeout(this.next);
        this.next = browser.setTimeout(async () => {
            if (this.board?.state === "running" || this.state.isLost) {
                await this.load();
            }
            if (this.isAlive) {
                this.planNext();
            }
        }, BOARD_EVERY);
    }

    /** Begins with what was not sent before the page was loaded again. */
    async begin(id) {
        this.id = id;
        this.draft = new Draft(`crisis.emergency:${id}`);
        Object.assign(this.state, { waiting: [], refused: [], note: "" });
        const kept = id && (await this.draft.read());
        await this.load(id);
        if (kept) {
            Object.assign(this.state, kept);
            this.load(); // not awaited: what is refused says so on the board that is there
        }
    }

    keep() {
        const { waiting, note } = this.state;
        if (waiting.length || note) {
            return this.draft.keep({ waiting, note });
        }
        this.draft.drop();
    }

    /** Reads the board; without network the last one stays, and says so. */
    async load(id = this.props.record.resId) {
        if (!id) {
            return;
        }
        try {
            await this.sendWaiting();
            const before = this.board;
            const board = await this.orm.silent.call("crisis.emergency", "board", [[id]]);
            if (!this.isAlive) {
                return;
            }
            this.state.board = board;
            this.state.isLost = false;
            this.state.offset = millis(board.now) - Date.now();
            this.tick();
            if (before?.id === board.id && before.state !== board.state) {
                await this.props.record.load(); // the rest of the form belongs to the new state
            }
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            this.state.isLost = true;
        }
    }

    /** Does something, now or, without network, as soon as it is back. */
    async act(method, ...args) {
        this.state.waiting.push({ method, args, time: Date.now() });
        this.keep();
        await this.load();
    }

    async sendWaiting() {
        if (this.sending) {
            return this.sending;
        }
        this.sending = this.sendAll().finally(() => (this.sending = null));
        return this.sending;
    }

    async sendAll() {
        while (this.state.waiting.length) {
            const [{ method, args }] = this.state.waiting;
            try {
                await this.orm.call("crisis.emergency", method, [[this.id], ...args]);
            } catch (error) {
                if (error instanceof ConnectionLostError) {
                    throw error;
                }
                // the message says why, and it is not sent again; what was written stays in sight
                this.state.waiting.shift();
                if (method === "add_note") {
                    this.state.refused.push(args[0]);
                }
                this.keep();
                throw error;
            }
            this.state.waiting.shift();
            this.keep();
        }
    }

    // what the template shows

    time(moment) {
        return localTime(moment);
    }

    get runtime() {
        const end = this.board.ended ? millis(this.board.ended) : this.state.now;
        return span(end - millis(this.board.started));
    }

    get answered() {
        return this.board.alerts.filter((alert) => alert.acknowledged).length;
    }

    get doneCount() {
        return this.board.steps.filter((step) => step.state !== "todo").length;
    }

    get hasMine() {
        return this.board.steps.some((step) => step.mine);
    }

    get steps() {
        return this.state.onlyMine
            ? this.board.steps.filter((step) => step.mine)
            : this.board.steps;
    }

    /** What was written or noted and is not sent yet. */
    get unsent() {
        return this.state.waiting
            .filter(({ method }) => ["add_note", "log_call", "add_photo"].includes(method))
            .map(({ method, args, time }) => ({
                time: luxon.DateTime.fromMillis(time).toFormat("HH:mm:ss"),
                text: method === "add_photo" ? "" : args[0],
            }))
            .reverse();
    }

    get events() {
        return this.state.allEvents ? this.board.events : this.board.events.slice(0, 15);
    }

    /** What is left of the time of a step, or how long it is over. */
    stepClock(step) {
        if (step.state !== "todo" || !step.due || this.board.state !== "running") {
            return "";
        }
        const left = millis(step.due) - this.state.now;
        return left >= 0 ? span(left) : `+${span(-left)}`;
    }

    isLate(step) {
        if (step.state !== "todo" || this.board.state !== "running") {
            return step.late;
        }
        return Boolean(step.due) && millis(step.due) < this.state.now;
    }

    alertState(alert) {
        if (alert.acknowledged) {
            return "yes";
        }
        return alert.passed_on || millis(alert.due) < this.state.now ? "late" : "waiting";
    }

    // what people do

    async onAcknowledge() {
        await this.act("acknowledge");
        this.emergency.refresh();
    }

    onTake(step) {
        return this.act("take_step", step.id, step.user || false);
    }

    onDone(step) {
        this.state.opened = null;
        return this.act("done_step", step.id);
    }

    onUndo(step) {
        return this.act("undo_step", step.id);
    }

    onToggle(step) {
        this.state.opened = this.state.opened === step.id ? null : step.id;
        this.state.skipping = null;
    }

    async onSkip(step) {
        const { reason } = this.state;
        if (!reason.trim()) {
            return;
        }
        this.state.skipping = null;
        this.state.reason = "";
        await this.act("skip_step", step.id, reason);
    }

    async onNote() {
        const { note } = this.state;
        if (!note.trim()) {
            return;
        }
        this.state.note = "";
        await this.act("add_note", note, false, newToken());
    }

    /** Notes the call, and on a phone begins it. */
    async onCall(target, number) {
        if (number && isMobileOS()) {
            browser.open(`tel:${number}`, "_self");
        }
        await this.act("log_call", target.code, false, newToken());
    }

    onCallGuardian(guardian) {
        return this.onCall({ code: "guardians" }, guardian.phone);
    }

    async onPhoto(ev) {
        const [file] = ev.target.files;
        ev.target.value = "";
        if (file) {
            await this.act("add_photo", file.name, await shrunkPhoto(file), newToken());
        }
    }

    async onSearch() {
        const text = this.state.search.trim();
        const found = text
            ? await this.orm.silent.call("crisis.student", "name_search", [text], {
                  limit: 6,
                  context: { ...user.context, show_class: true },
              })
            : [];
        if (text === this.state.search.trim()) {
            this.state.found = found;
        }
    }

    async onStudent(id) {
        this.state.search = "";
        this.state.found = [];
        await this.act("add_students", [id]);
    }

    async onStandDown(outcome) {
        this.state.standingDown = false;
        await this.act("stand_down", outcome.code);
        this.emergency.refresh();
    }
}

registry.category("view_widgets").add("crisis_emergency_board", { component: EmergencyBoard });
