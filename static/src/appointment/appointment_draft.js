import { deserializeDateTime, serializeDateTime } from "@web/core/l10n/dates";

/**
 * What has been agreed on of an appointment, as the draft of a call holds it; null if it is nothing.
 *
 * @param {Object} data of the dialog's record
 */
export function readAppointment(data) {
    const { agent_id: agent, slot_start: start, slot_stop: stop } = data;
    const draft = {
        ...(agent &&
            start && {
                agent: { id: agent.id, display_name: agent.display_name },
                start: serializeDateTime(start),
                stop: stop && serializeDateTime(stop),
            }),
        ...(data.appointment_location && { location: data.appointment_location }),
        ...(data.appointment_notes && { notes: data.appointment_notes }),
    };
    return Object.keys(draft).length ? draft : null;
}

/**
 * The same as the record takes it.
 *
 * @param {Object|null} draft
 */
export function getAppointmentValues(draft) {
    const { agent, start, stop, location, notes } = draft ?? {};
    return {
        ...(agent && {
            agent_id: agent,
            slot_start: deserializeDateTime(start),
            slot_stop: stop && deserializeDateTime(stop),
        }),
        ...(location && { appointment_location: location }),
        ...(notes && { appointment_notes: notes }),
    };
}
