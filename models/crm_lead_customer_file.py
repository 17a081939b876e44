import re
import unicodedata

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import human_size
from odoo.tools.mimetypes import guess_mimetype

# what customers can send, by its content, and the endings that such files have
FILE_TYPES = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/heic": ("heic",),
    "application/pdf": ("pdf",),
    "text/plain": ("txt", "csv"),
    "text/csv": ("csv",),
    "application/csv": ("csv",),
    "application/msword": ("doc",),
    "application/vnd.ms-excel": ("xls",),
    "application/vnd.ms-powerpoint": ("ppt",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx",),
    "application/vnd.oasis.opendocument.text": ("odt",),
    "application/vnd.oasis.opendocument.spreadsheet": ("ods",),
    "application/vnd.oasis.opendocument.presentation": ("odp",),
}
# what a browser shows in the page
SHOWN_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
LARGEST_FILE = 10 * 1024 * 1024
MOST_FILES = 5
LONGEST_NAME = 100


class CrmLead(models.Model):
    """Files in the conversation with the customer."""

    _inherit = "crm.lead"

    def _write_from_customer(self, text, files=(), key=None):
        """Post what the customer wrote on the page, along with files; once, however often it is sent.

        :param str text: plain
        :param files: list of tuples of name and content (bytes)
        :param str key: what the browser calls this message
        :raise UserError: in words, for what can't be sent
        """
        attachments = self.env["ir.attachment"].sudo().create(self._prepare_customer_files(files))
        if not self._post_from_customer(text, attachments.ids, key):
            attachments.unlink()

    def _prepare_customer_files(self, files):
        """
        :param files: list of tuples of name and content (bytes), as the customer sends them
        :return: list of values of ir.attachment, to be posted
        :raise UserError: in words, for what can't be sent
        """
        if len(files) > MOST_FILES:
            raise UserError(self.env._("You can send %(count)s files at once.", count=MOST_FILES))
        return [self._prepare_customer_file(_clean_name(name), content) for name, content in files]

    def _prepare_customer_file(self, name, content):
        if not content:
            raise UserError(self.env._("The file %(name)s is empty.", name=name))
        if len(content) > LARGEST_FILE:
            raise UserError(
                self.env._("The file %(name)s is larger than %(size)s.", name=name, size=human_size(LARGEST_FILE))
            )
        mimetype = guess_mimetype(content)
        if mimetype not in FILE_TYPES:
            raise UserError(
                self.env._("The file %(name)s can't be sent. Send pictures, PDF, text or office documents.", name=name)
            )
        endings = FILE_TYPES[mimetype]
        if name.rpartition(".")[2].lower() not in endings:
            name = f"{name}.{endings[0]}"
        return {
            "name": name,
            "raw": content,
            "mimetype": mimetype,
            "res_model": "mail.compose.message",  # as Odoo keeps what is about to be posted
            "res_id": 0,
        }

    def _find_customer_file(self, file_id):
        """A file of the conversation, for the customer.

        :return: ir.attachment as superuser; an empty set for one that the customer has not got
        """
        files = self.env["ir.attachment"].sudo()
        domain = self._get_customer_conversation_domain() & Domain("attachment_ids", "in", [file_id])
        if not self.env["mail.message"].sudo().search_count(domain, limit=1):
            return files
        return files.browse(file_id).filtered(lambda file: file.type == "binary")


def _clean_name(name):
    """The name of a file without its folders, and without characters that hide what it is."""
    name = re.split(r"[/\\]", name or "")[-1]
    name = "".join(char for char in name if unicodedata.category(char)[0] != "C").strip(" .")
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(ending)]}{dot}{ending}"[-LONGEST_NAME:] or "file"
