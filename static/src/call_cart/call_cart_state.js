const GIVEN = ["product_id", "quantity", "price_unit", "discount"];

/** The cart of a call: what is in it, and who the customer is. What is null is left to the price list. */
export function newCart(lines = []) {
    return { lines, clientId: false, isNewClient: false, isOpen: false };
}

export function copyCart({ lines, clientId, isNewClient }) {
    return { ...newCart(lines.map((line) => ({ ...line }))), clientId, isNewClient };
}

/** The cart as the server is asked about it. */
export function askCart({ lines, clientId, isNewClient }) {
    return {
        lines: lines.map((line) => Object.fromEntries(GIVEN.map((name) => [name, line[name]]))),
        client_id: clientId,
        is_new_client: isNewClient,
    };
}

/** The cart as the record of the dialog takes it; what was in there before goes. */
export function prepareCart({ lines, clientId, isNewClient }) {
    const commands = lines.map((line) => {
        const given = [...GIVEN, "notes"].filter((name) => ![null, undefined].includes(line[name]));
        return [0, 0, Object.fromEntries(given.map((name) => [name, line[name]]))];
    });
    return {
        line_ids: [[5, 0, 0], ...commands],
        client_id: clientId,
        is_new_client: isNewClient,
    };
}
