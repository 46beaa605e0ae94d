/**
 * What a questionnaire asks and what its answers are, without any view.
 *
 * An item is `{code, number, kind, text, section, options: [{code, label}], low, high, condition}`;
 * answers map item codes to an option code, a number or a text, and leave out what is blank.
 */

/** More columns leave too little room for the question. */
const MAX_GRID_OPTIONS = 5;

/** Tells whether nothing was answered. */
export function isBlank(answer) {
    return answer === undefined || answer === null || String(answer).trim() === "";
}

/**
 * Codes of the items that are not asked; the same rule as `Scorer.hidden` on the server.
 *
 * @param {Object[]} items in the order of the form
 * @param {Object} answers
 * @returns {Set<string>}
 */
export function hiddenItems(items, answers) {
    const hidden = new Set();
    for (const { code, condition } of items) {
        const met = (other) => !hidden.has(other) && condition.answers.includes(answers[other]);
        if (condition && !condition.items.some(met)) {
            hidden.add(code);
        }
    }
    return hidden;
}

/**
 * Answers with one of them changed (blank: removed), without those that are no longer asked for.
 *
 * @returns {Object} a new object
 */
export function withAnswer(items, answers, code, answer) {
    const changed = { ...answers };
    if (isBlank(answer)) {
        delete changed[code];
    } else {
        changed[code] = answer;
    }
    for (const hidden of hiddenItems(items, changed)) {
        delete changed[hidden];
    }
    return changed;
}

/** The option a typed key stands for: its code, or its position where codes are longer. */
export function typedOption(options, key) {
    if (options.every((option) => option.code.length === 1)) {
        return options.find((option) => option.code.toLowerCase() === key.toLowerCase());
    }
    return /^[1-9]$/.test(key) ? options[key - 1] : undefined;
}

/**
 * Number in a typed text, full-width digits and a decimal comma included.
 *
 * @returns {number | null} null when there is none or it is out of the item's range
 */
export function typedNumber({ low, high }, text) {
    const plain = text.normalize("NFKC").trim().replace(",", ".");
    const number = Number(plain);
    const inRange = number >= (low ?? -Infinity) && number <= (high ?? Infinity);
    return /^[-+]?[\d.]+$/.test(plain) && inRange ? number : null;
}

/**
 * Items as the paper form has them: sections of blocks; items of a block share their options and
 * make a grid when there are several of them.
 *
 * @returns {{key: string, title: string, items: Object[],
 *     blocks: {key: string, options: Object[], grid: boolean, items: Object[]}[]}[]}
 */
export function sectionsOf(items) {
    const sections = [];
    let signature;
    for (const item of items) {
        const title = item.section || "";
        let section = sections.at(-1);
        if (section?.title !== title) {
            section = { key: item.code, title, items: [], blocks: [] };
            sections.push(section);
            signature = undefined;
        }
        section.items.push(item);
        const options = item.options || [];
        const own = options.length ? JSON.stringify(options) : undefined;
        if (own && own === signature) {
            const block = section.blocks.at(-1);
            block.items.push(item);
            block.grid = options.length <= MAX_GRID_OPTIONS;
        } else {
            section.blocks.push({ key: item.code, options, grid: false, items: [item] });
        }
        signature = own;
    }
    return sections;
}
