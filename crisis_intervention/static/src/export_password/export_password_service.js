import { browser } from "@web/core/browser/browser";
import { Dialog } from "@web/core/dialog/dialog";
import { download } from "@web/core/network/download";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { patch } from "@web/core/utils/patch";
import { Component, useState } from "@odoo/owl";

/** Shows the password of an exported archive, once. */
export class ExportPasswordDialog extends Component {
    static template = "crisis_intervention.ExportPasswordDialog";
    static components = { Dialog };
    static props = { password: String, close: Function };

    setup() {
        this.state = useState({ copied: false });
    }

    async copy() {
        await browser.navigator.clipboard.writeText(this.props.password);
        this.state.copied = true;
    }
}

/** After each export of crisis records the server keeps a password for the one who asked. */
export const exportPasswordService = {
    dependencies: ["dialog"],
    start(env, { dialog }) {
        patch(download, {
            async _download(options) {
                const result = await super._download(options);
                if ((options.url || "").startsWith("/web/export/")) {
                    const data = JSON.parse(options.data?.data || "{}");
                    if ((data.model || "").startsWith("crisis.")) {
                        const password = await rpc("/crisis_intervention/export/password");
                        dialog.add(ExportPasswordDialog, { password });
                    }
                }
                return result;
            },
        });
    },
};

registry.category("services").add("crisis_export_password", exportPasswordService);
