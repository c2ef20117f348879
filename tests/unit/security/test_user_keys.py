"""A user's keys: what they sign, what is derived of them, and that they never show themselves."""

import traceback

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from farmdesk.security.user_keys import (
    BadKey,
    SealedUse,
    UserKeys,
    fingerprint_of,
    is_signed,
    key_check,
    load_public,
)


def test_keys_are_rsa_3072_and_aes_256(zhang: UserKeys) -> None:
    assert zhang.signing.key_size == 3072
    assert zhang.signing.public_key().public_numbers().e == 65537
    assert len(zhang.user_key) == 32


def test_a_signature_is_pss_sha256_with_a_salt_of_32_bytes(zhang: UserKeys) -> None:
    signature = zhang.sign(b"text")
    zhang.signing.public_key().verify(
        signature, b"text", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()
    )


def test_only_the_own_signature_of_the_very_text_counts(zhang: UserKeys, wang: UserKeys) -> None:
    signature = zhang.sign(b"text")
    assert is_signed(b"text", signature, zhang.public_pem)
    assert not is_signed(b"text!", signature, zhang.public_pem)
    assert not is_signed(b"text", signature, wang.public_pem)
    assert not is_signed(b"text", signature[:-1], zhang.public_pem)
    assert not is_signed(b"text", b"", zhang.public_pem)
    weaker = zhang.signing.sign(b"text", padding.PKCS1v15(), hashes.SHA256())
    assert not is_signed(b"text", weaker, zhang.public_pem)


def test_the_parts_make_the_keys_again(zhang: UserKeys, wang: UserKeys) -> None:
    again = UserKeys.from_parts("zhang", 1, private=zhang.private_der, user_key=zhang.user_key)
    assert again.fingerprint == zhang.fingerprint == fingerprint_of(zhang.public_pem)
    assert again.fingerprint != wang.fingerprint
    assert len(bytes.fromhex(again.fingerprint)) == 32


def test_other_keys_are_refused(zhang: UserKeys) -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    curve = ec.generate_private_key(ec.SECP256R1())
    edwards = ed25519.Ed25519PrivateKey.generate()
    for key in (small, curve, edwards):
        der = key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        with pytest.raises(BadKey):
            UserKeys.from_parts("zhang", 1, private=der, user_key=zhang.user_key)
        pem = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        with pytest.raises(BadKey):
            load_public(pem.decode())
    for private, user_key in ((b"", zhang.user_key), (zhang.private_der, b"short")):
        with pytest.raises(BadKey):
            UserKeys.from_parts("zhang", 1, private=private, user_key=user_key)
    with pytest.raises(BadKey):
        load_public("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")


def test_each_use_has_a_key_of_its_own(zhang: UserKeys) -> None:
    keys = {use: zhang.key_for(use) for use in SealedUse}
    assert len({*keys.values(), zhang.user_key}) == len(SealedUse) + 1
    oracle = HKDF(hashes.SHA256(), 32, salt=None, info=b"farmdesk-key-1\0upload")
    assert keys[SealedUse.UPLOAD] == oracle.derive(zhang.user_key)


def test_a_check_tells_keys_apart(zhang: UserKeys) -> None:
    checks = {key_check(zhang.key_for(use)) for use in SealedUse}
    assert len(checks) == len(SealedUse)
    assert all(len(check) == 8 for check in checks)
    assert key_check(zhang.user_key) not in zhang.user_key


def test_no_secret_shows_itself(zhang: UserKeys) -> None:
    with pytest.raises(BadKey) as caught:
        UserKeys.from_parts("zhang", 1, private=b"secret part", user_key=zhang.user_key)
    told = "".join(traceback.format_exception(caught.value))
    shown = f"{zhang!r} {zhang} {told}"
    assert "zhang" in shown
    assert "b'secret part'" not in repr(caught.value)
    for secret in (repr(zhang.user_key), zhang.user_key.hex(), str(zhang.signing)):
        assert secret not in shown
