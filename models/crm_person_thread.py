from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

# whose name in a thread is no customer's
INTERNAL = SQL("(SELECT partner_id FROM res_users WHERE share IS NOT TRUE)")
# of what was tracked, texts and contacts go; when a lead came into which stage is a figure
KEPT_TRACKING = ("boolean", "date", "datetime", "float", "integer", "many2one", "monetary", "selection")
# where the bus names a message
TOLD = r'"(?:message_)?id": ?(\d+)'
# models whose rows say nothing but what was said or to whom, with the column of the message
DEPENDENT_MODELS = {
    "mail.mail": "mail_message_id",
    "mail.message.link.preview": "message_id",
    "mail.message.schedule": "mail_message_id",
    "mail.message.translation": "message_id",
    "sms.sms": "mail_message_id",  # Odoo's application for SMS may be uninstalled
}


class CrmPerson(models.AbstractModel):
    """What was said with, to and about a person in the threads of documents."""

    _name = "crm.person"
    _description = "Data of a Person"

    @api.model
    def _erase_threads(self, model, ids):
        """Clear messages, files, followers and activities of documents. That there was a message, when, of which kind
        and by which colleague, stays: reports count it.

        :param str model: name of the documents' model
        :param list ids: of the documents
        """
        self.env.flush_all()
        self.env.cr.execute(SQL("SELECT id FROM mail_message WHERE model = %s AND res_id = ANY(%s)", model, ids))
        message_ids = [message_id for (message_id,) in self.env.cr.fetchall()]
        self._erase_files(model, ids, message_ids)
        self._erase_messages(message_ids)
        self.env.cr.execute(SQL("DELETE FROM mail_followers WHERE res_model = %s AND res_id = ANY(%s)", model, ids))
        of_documents = SQL("res_model = %s AND res_id = ANY(%s)", model, ids)
        self._erase_files_of("mail.activity", of_documents)
        self._erase_files_of("mail.scheduled.message", SQL("model = %s AND res_id = ANY(%s)", model, ids))
        self.env.cr.execute(SQL("DELETE FROM mail_scheduled_message WHERE model = %s AND res_id = ANY(%s)", model, ids))
        self.env.cr.execute(SQL("DELETE FROM mail_activity WHERE active AND %s", of_documents))
        self.env.cr.execute(
            SQL(
                "UPDATE mail_activity SET summary = NULL, note = NULL, feedback = NULL, res_name = NULL WHERE %s",
                of_documents,
            )
        )
        self.env.invalidate_all()

    def _erase_files_of(self, model, condition):
        """Files that hang on rows that are deleted or cleared past the ORM.

        :param SQL condition: on the table of the model
        """
        rows = self.env.execute_query(
            SQL("SELECT id FROM %s WHERE %s", SQL.identifier(self.env[model]._table), condition)
        )
        self._erase_files(model, [record_id for (record_id,) in rows], [])

    def _erase_files(self, model, ids, message_ids):
        """Files of the documents and of their messages; a file of another document is let go of."""
        self.env.cr.execute(
            SQL(
                """
                SELECT id FROM ir_attachment WHERE res_model = %(model)s AND res_id = ANY(%(ids)s)
                 UNION
                SELECT file.id FROM ir_attachment file
                  JOIN message_attachment_rel rel ON rel.attachment_id = file.id
                 WHERE rel.message_id = ANY(%(messages)s)
                   AND COALESCE(file.res_model IN (%(model)s, 'mail.message', 'mail.compose.message'), TRUE)
                """,
                model=model,
                ids=ids,
                messages=message_ids,
            )
        )
        self.env["ir.attachment"].sudo().browse(file_id for (file_id,) in self.env.cr.fetchall()).unlink()
        self.env.cr.execute(SQL("DELETE FROM message_attachment_rel WHERE message_id = ANY(%s)", message_ids))

    def _erase_messages(self, message_ids):
        """
        :param list message_ids: of mail.message
        """
        for model, column in DEPENDENT_MODELS.items():
            if model in self.env:
                table = SQL.identifier(self.env[model]._table)
                self.env.cr.execute(
                    SQL("DELETE FROM %s WHERE %s = ANY(%s)", table, SQL.identifier(column), message_ids)
                )
        for table in ("mail_notification", "mail_message_res_partner_rel"):
            self.env.cr.execute(
                SQL(
                    "DELETE FROM %s WHERE mail_message_id = ANY(%s) AND COALESCE(res_partner_id NOT IN %s, TRUE)",
                    SQL.identifier(table),
                    message_ids,
                    INTERNAL,
                )
            )
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM mail_tracking_value tracked
                 WHERE mail_message_id = ANY(%s)
                   AND NOT EXISTS (SELECT FROM ir_model_fields field
                                    WHERE field.id = tracked.field_id AND field.ttype = ANY(%s)
                                      AND field.relation IS DISTINCT FROM 'res.partner')
                """,
                message_ids,
                list(KEPT_TRACKING),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_message
                   SET body = '', subject = NULL, reply_to = NULL, message_id = NULL, client_key = NULL,
                       outgoing_email_to = NULL, incoming_email_to = NULL, incoming_email_cc = NULL,
                       email_from = CASE WHEN author_id IN %(internal)s THEN email_from END,
                       author_id = CASE WHEN author_id IN %(internal)s THEN author_id END
                 WHERE id = ANY(%(messages)s)
                """,
                internal=INTERNAL,
                messages=message_ids,
            )
        )

    @api.model
    def _erase_pending(self, message_ids):
        """What screens were told of messages, which Odoo keeps for a day for those that were not there."""
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM bus_bus
                 WHERE message LIKE %s
                   AND EXISTS (SELECT FROM regexp_matches(message, %s, 'g') AS told WHERE told[1]::bigint = ANY(%s))
                """,
                "%mail.message%",
                TOLD,
                message_ids,
            )
        )

    @api.model
    def _erase_dialogs(self, model, ids):
        """What somebody is just writing to or about the documents, or has just exported: Odoo keeps that for a day.

        :param str model: name of the documents' model
        :param list ids: of the documents
        """
        for name, dialogs in self.env.items():
            if not dialogs._transient or not dialogs._auto or name == "crm.person.request.line":
                continue
            own = Domain("file", "!=", False) if name == "crm.person.request" else Domain.TRUE
            paths = [field.name for field in dialogs._fields.values() if field.store and field.comodel_name == model]
            for path in paths:
                dialogs.sudo().search(Domain(path, "in", ids) & own).unlink()
        written = Domain("model", "=", model) & Domain("res_ids", "in", [str([document_id]) for document_id in ids])
        self.env["mail.compose.message"].sudo().search(written).unlink()

    @api.model
    def _erase_attendees(self, event_ids):
        """Whoever of outside took part in meetings, and what was said in their threads.

        :param list event_ids: of calendar.event
        """
        for table, event, partner in (
            ("calendar_attendee", "event_id", "partner_id"),
            ("calendar_event_res_partner_rel", "calendar_event_id", "res_partner_id"),
        ):
            self.env.cr.execute(
                SQL(
                    "DELETE FROM %s WHERE %s = ANY(%s) AND COALESCE(%s NOT IN %s, TRUE)",
                    SQL.identifier(table),
                    SQL.identifier(event),
                    event_ids,
                    SQL.identifier(partner),
                    INTERNAL,
                )
            )
        self._erase_threads("calendar.event", event_ids)
