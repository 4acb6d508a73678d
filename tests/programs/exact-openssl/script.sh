cd /tmp
seq 3000 >data
for digest in $(openssl list -digest-commands); do
    printf '%s ' "$digest"; openssl dgst -"$digest" -r <data 2>/dev/null || echo none
done
key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
for cipher in aes-128-ecb aes-256-cbc chacha20; do
    printf '%s ' $cipher
    openssl enc -$cipher -K $key -iv 000102030405060708090a0b0c0d0e0f -in data -out box 2>/dev/null
    openssl sha256 -r <box | cut -c1-64
    openssl enc -d -$cipher -K $key -iv 000102030405060708090a0b0c0d0e0f -in box 2>/dev/null | cmp - data
done
# Every cipher and every hash that the library has, the legacy ones too, by their own interface: in two parts, with a tag where there is one.
python3 - <<'PY'
import ctypes, hashlib
lib = ctypes.CDLL("libcrypto.so.3")
for name in ("OSSL_PROVIDER_load", "EVP_CIPHER_CTX_new", "EVP_MD_CTX_new", "EVP_CIPHER_get0_name", "EVP_MD_get0_name"):
    getattr(lib, name).restype = ctypes.c_void_p
P = ctypes.c_void_p
for provider in (b"default", b"legacy"):
    assert lib.OSSL_PROVIDER_load(P(None), provider)
data = bytes(i * i >> 3 & 255 for i in range(4096))
key = bytes(range(7, 135)); iv = bytes(range(91, 123))
Visit = ctypes.CFUNCTYPE(None, P, P)
def every(kind):
    names = []
    name = getattr(lib, f"EVP_{kind}_get0_name")
    visit = Visit(lambda algorithm, _: names.append(ctypes.string_at(name(P(algorithm))).decode()))
    getattr(lib, f"EVP_{kind}_do_all_provided")(P(None), visit, P(None))
    fetch = getattr(lib, f"EVP_{kind}_fetch"); fetch.restype = P
    return [(n, P(fetch(P(None), n.encode(), None))) for n in sorted(set(names))]
def crypt(name, cipher, direction, text, tag):
    c = P(lib.EVP_CIPHER_CTX_new()); out = ctypes.create_string_buffer(len(text) + 64); n = ctypes.c_int(0); total = 0
    aead = "HMAC" not in name and lib.EVP_CIPHER_get_flags(cipher) & 0x200000; mode = lib.EVP_CIPHER_get_mode(cipher)
    steps = []
    try:
        lib.EVP_CIPHER_CTX_set_flags(c, 1)
        if not lib.EVP_CipherInit_ex(c, cipher, None, None, None, direction): return None
        if aead and mode == 7: lib.EVP_CIPHER_CTX_ctrl(c, 0x11, 16, None if direction else tag)
        elif aead and not direction: lib.EVP_CIPHER_CTX_ctrl(c, 0x11, 16, tag)
        if not lib.EVP_CipherInit_ex(c, None, None, key, iv, direction): return None
        if "HMAC" in name: lib.EVP_CIPHER_CTX_ctrl(c, 0x17, 20, key)
        if aead and mode == 7 and not lib.EVP_CipherUpdate(c, None, ctypes.byref(n), None, len(text)): return None
        if aead and not lib.EVP_CipherUpdate(c, None, ctypes.byref(n), key, 13): return None
        for part in ([text] if mode in (7, 0x10001, 0x10002, 0x10004) or "CTS" in name or "HMAC" in name else [text[:37], text[37:]]):
            if lib.EVP_CipherUpdate(c, ctypes.byref(out, total), ctypes.byref(n), part, len(part)) <= 0: return None
            total += n.value
        if lib.EVP_CipherFinal_ex(c, ctypes.byref(out, total), ctypes.byref(n)) <= 0: return None
        total += n.value
        got = ctypes.create_string_buffer(16)
        if aead and direction: lib.EVP_CIPHER_CTX_ctrl(c, 0x10, 16, got)
        return out.raw[:total], got.raw
    finally:
        lib.EVP_CIPHER_CTX_free(c)
for name, cipher in every("CIPHER"):
    if name == "DES3-WRAP": continue  # its initial value is random
    end = crypt(name, cipher, 1, data, None)
    if end is None:
        print(name, "not by itself"); continue
    text, tag = end
    back = crypt(name, cipher, 0, text, tag)
    print(name, hashlib.sha256(text + tag).hexdigest()[:32], "and back" if back and back[0] == data else "not back")
for name, digest in every("MD"):
    c = P(lib.EVP_MD_CTX_new()); out = ctypes.create_string_buffer(64); n = ctypes.c_uint(0)
    good = lib.EVP_DigestInit_ex(c, digest, None)
    for part in (data[:1], data[1:64], data[64:191], data[191:]):
        good = good and lib.EVP_DigestUpdate(c, part, len(part))
    good = good and lib.EVP_DigestFinal_ex(c, out, ctypes.byref(n))
    print(name, out.raw[:n.value].hex() if good else "not by itself")
PY
for mac in "HMAC -macopt digest:SHA512 -macopt hexkey:$key" "CMAC -macopt cipher:AES-256-CBC -macopt hexkey:$key" \
    "GMAC -macopt cipher:AES-256-GCM -macopt hexkey:$key -macopt hexiv:000102030405060708090a0b" \
    "POLY1305 -macopt hexkey:$key" "SIPHASH -macopt hexkey:${key:0:32}"; do
    # shellcheck disable=SC2086
    openssl mac -in data $(echo "$mac" | cut -d' ' -f2-) "${mac%% *}"
done
openssl kdf -keylen 40 -kdfopt digest:SHA256 -kdfopt pass:x -kdfopt salt:y -kdfopt iter:500 PBKDF2
openssl kdf -keylen 40 -kdfopt pass:x -kdfopt salt:y -kdfopt n:64 -kdfopt r:8 -kdfopt p:1 SCRYPT
openssl prime -generate -bits 64 >/dev/null && openssl prime 170141183460469231731687303715884105727
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa 2>/dev/null
openssl dgst -sha256 -sign rsa -out sig data && openssl dgst -sha256 -prverify rsa -signature sig data
for curve in prime256v1 secp384r1; do
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$curve -out ec
    openssl dgst -sha256 -sign ec -out sig data && openssl dgst -sha256 -prverify ec -signature sig data
done
openssl genpkey -algorithm ED25519 -out ed && openssl pkeyutl -sign -rawin -in data -inkey ed -out sig &&
    openssl pkeyutl -verify -rawin -in data -inkey ed -sigfile sig
