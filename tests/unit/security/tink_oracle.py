"""Google's Tink, as what says whether a sealed file is one: only tests know it."""

import io
from pathlib import Path

import tink
from tink import cleartext_keyset_handle, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

SEGMENT = 1 << 20
_TYPE = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey"


class Tink:
    """Tink's AES256_GCM_HKDF_1MB under one key."""

    def __init__(self, key: bytes) -> None:
        streaming_aead.register()
        params = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
            ciphertext_segment_size=SEGMENT, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
        )
        streaming_key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(
            version=0, key_value=key, params=params
        )
        keyset_key = tink_pb2.Keyset.Key(
            key_data=tink_pb2.KeyData(
                type_url=_TYPE,
                value=streaming_key.SerializeToString(),
                key_material_type=tink_pb2.KeyData.SYMMETRIC,
            ),
            status=tink_pb2.ENABLED,
            key_id=1,
            output_prefix_type=tink_pb2.RAW,
        )
        keyset = tink_pb2.Keyset(primary_key_id=1, key=[keyset_key]).SerializeToString()
        handle = cleartext_keyset_handle.read(tink.BinaryKeysetReader(keyset))
        self._aead = handle.primitive(streaming_aead.StreamingAead)

    def seal(self, content: bytes, context: bytes) -> bytes:
        """Give the sealed file."""

        class Kept(io.BytesIO):
            """Tink closes what it writes to; the bytes are wanted afterwards."""

            def close(self) -> None:
                pass

        sealed = Kept()
        with self._aead.new_encrypting_stream(sealed, context) as stream:
            rest = memoryview(content)
            while rest:
                rest = rest[stream.write(rest) :]
        return sealed.getvalue()

    def open(self, sealed: Path, context: bytes) -> bytes:
        """Give what is in a sealed file; raises tink.TinkError."""
        with (
            sealed.open("rb") as file,
            self._aead.new_decrypting_stream(file, context) as stream,
        ):
            return b"".join(iter(lambda: stream.read(SEGMENT) or b"", b""))
