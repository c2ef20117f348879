"""What lies in databases and on people's disks for years: every version reads and makes it alike.

The bytes here were made once, from the forms that the modules' docstrings tell, by hand.
"""

import hashlib
import json
from base64 import b64decode
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from farmdesk.domain.accounts import AuditRecord
from farmdesk.security.audit_chain import FIRST, digest_of
from farmdesk.security.content import content_digest, segment_digest
from farmdesk.security.handover import handover_fingerprint, seal
from farmdesk.security.key_file import lock, to_text
from farmdesk.security.master_key import MasterKey
from farmdesk.security.recovery_copy import print_recovery
from farmdesk.security.sealed import Seed, context
from farmdesk.security.user_keys import SealedUse, UserKeys, key_check, key_for
from farmdesk.security.vault import Purpose, Vault

KEY = bytes(range(32))
WRAPPED = bytes.fromhex(
    "464457315728dfb3000102030405060708090a0b"
    "2622a368a097e568ad2af2f28807c75441400f4bf7859b7ae1553fd3"
)


def test_an_old_secret_still_opens() -> None:
    vault = Vault(MasterKey(KEY))
    assert vault.current.id == "5728dfb3"
    assert vault.unwrap(WRAPPED, Purpose.USER_KEY, user_id=7, version=2) == b"a user's key"


def test_an_old_paper_still_gives_the_key() -> None:
    paper = (
        "FarmDesk master key 5728dfb3",
        "1: 00082-0C20A-1G77E",
        "2: 0G28A-1C60T-3GF9C",
        "3: 1048J-2CA1A-5GQSE",
        "4: 1G68T-3CE1T-7GZHT",
    )
    assert print_recovery(MasterKey(KEY)) == "\n".join(paper)


def test_an_old_audit_record_still_fits_its_digest() -> None:
    at = datetime(2026, 2, 4, 20, 0, 0, 123456, tzinfo=UTC)
    record = AuditRecord(1, at, "boss", "approve_user", "zhang", "张", FIRST, digest=b"")
    digest = "33bd4242850c8bc6a2e1a3378900326ea98f5f63a0b0bb36a83df606a4d7b4bf"
    assert digest_of(record).hex() == digest


def test_old_sealed_files_still_have_their_keys_and_their_place() -> None:
    assert {use: key_for(KEY, use).hex() for use in SealedUse} == {
        "upload": "0e7ee7b393837b69661883aa2d4c86918f55ac9e7ba862052e6fde764a345376",
        "result": "202cc59ef0161c922cae90fe614719cbf0530e7861c60d501135a897b33083fc",
        "manifest": "7a5fd12824eb4d2e8865994a16e5fabdf3bea29d082cf8a79cfbf82487626b09",
        "package": "a63c5b2e59c4522858cefaab3da7513bce84ba368a8dff7fce05ae802ad0a926",
    }
    assert key_check(KEY).hex() == "b32184a26bd90cb4"
    letters = {"upload": b"U", "result": b"R", "manifest": b"M", "package": b"P"}
    rest = KEY[:16] + bytes([*[0] * 15, 3, 0, 0, 0, 2])
    for use in SealedUse:
        assert context(use, KEY[:16], 3, 2) == b"FDX1" + letters[use] + rest
    seed = Seed.derived(KEY, b"identity")
    assert seed.salt.hex() == "9339eceecf36354da197085bcf8a4e5e70e38fa4d232db7dfb19d84d7b090b41"
    assert seed.prefix.hex() == "ccdf2d6e607d99"


def test_an_old_digest_still_names_its_content() -> None:
    digest = "dc2f738d17b8a7ec03efdd0a95e8d3924b8e05965040ab6dcafd992994012bd4"
    assert content_digest([segment_digest(b"abc")]).hex() == digest


def test_two_machines_read_one_fingerprint_aloud() -> None:
    assert handover_fingerprint(KEY) == "42cb c077 6510 3a28 19e2 f22d 899a 3d96"


def test_any_program_that_knows_the_form_opens_a_handover(zhang: UserKeys) -> None:
    """The farm and its applicants may have different versions."""
    mine = X25519PrivateKey.from_private_bytes(KEY)
    public = mine.public_key().public_bytes_raw()
    sealed = seal(zhang, public, 5)
    magic, once = sealed[:4], sealed[4:36]
    shared = mine.exchange(X25519PublicKey.from_public_bytes(once))
    info = b"farmdesk-handover-1\0" + bytes([0, 0, 0, 0, 0, 0, 0, 5])
    key = HKDF(SHA256(), 32, salt=once + public, info=info).derive(shared)
    opened = json.loads(AESGCM(key).decrypt(bytes(12), sealed[36:], b"FDH1"))
    assert (magic, opened["login"], opened["version"]) == (b"FDH1", "zhang", 1)
    assert b64decode(opened["private"]) == zhang.private_der
    assert b64decode(opened["user_key"]) == zhang.user_key


def test_any_program_that_knows_the_form_opens_a_key_file(zhang: UserKeys) -> None:
    fields = json.loads(to_text(lock(zhang, "correct horse battery", n=1 << 14)))
    checksum = fields.pop("checksum")
    assert checksum == hashlib.sha256(_canonical(fields)).hexdigest()
    locked, scrypt = b64decode(fields.pop("locked")), fields["scrypt"]
    salt = b64decode(scrypt["salt"])
    key = hashlib.scrypt(
        b"correct horse battery", salt=salt, n=1 << 14, r=8, p=1, maxmem=1 << 26, dklen=32
    )
    nonce = b64decode(fields["nonce"])
    opened = AESGCM(key).decrypt(nonce, locked, _canonical(fields))
    secrets = {name: b64decode(text) for name, text in json.loads(opened).items()}
    assert secrets == {"private": zhang.private_der, "user_key": zhang.user_key}
    assert (fields["format"], len(salt), len(nonce)) == ("farmdesk key file 1", 16, 12)


def _canonical(fields: object) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
