"""The reasons that speak for a client, and those against, as sentences."""

from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

# pylint: disable=prefer-env-translation; translated when it is known for whom
REASONS = {
    "phone": _lt("Same phone %(phone)s"),
    "phone_contact": _lt("Same phone %(phone)s, of the contact %(contact)s"),
    "phone_shared": _lt("Same phone %(phone)s, which %(count)s clients share"),
    "phone_digits": _lt("Same last digits of the phone: %(phone)s"),
    "phone_near": _lt("Phone but for one digit: %(phone)s"),
    "email": _lt("Same e-mail %(email)s"),
    "email_contact": _lt("Same e-mail %(email)s, of the contact %(contact)s"),
    "email_shared": _lt("Same e-mail %(email)s, which %(count)s clients share"),
    "email_role": _lt("Same office e-mail %(email)s"),
    "email_near": _lt("E-mail but for one letter: %(email)s"),
    "address": _lt("Same address: %(street)s"),
    "street": _lt("Same street: %(street)s"),
    "place": _lt("Same place: %(city)s"),
    "company": _lt("Same company"),
    "name": _lt("Same name: %(known)s"),
    "name_shared": _lt("Same name, which %(count)s clients have: %(known)s"),
    "name_alike": _lt("Name %(percent)s %% alike: %(asked)s / %(known)s"),
    "name_initial": _lt("Name fits with its initial: %(asked)s / %(known)s"),
    "name_partial": _lt("Part of the name: %(asked)s / %(known)s"),
    "name_family": _lt("One name the same, the other not: %(asked)s / %(known)s"),
    "name_different": _lt("Another name: %(asked)s / %(known)s"),
    "archived": _lt("Archived"),
    "ambiguous": _lt("Several clients fit as well"),
}
# pylint: enable=prefer-env-translation
