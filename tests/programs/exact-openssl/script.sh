cd /tmp
seq 3000 >data
for digest in $(openssl list -digest-commands); do
    printf '%s ' "$digest"; openssl dgst -"$digest" -r <data 2>/dev/null || echo none
done
key=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
for cipher in aes-128-ecb aes-192-cbc aes-256-cbc aes-128-ctr aes-256-cfb aes-256-cfb8 aes-256-ofb \
    aria-256-cbc camellia-128-cbc camellia-256-ctr chacha20 des-ede3-cbc sm4-cbc; do
    printf '%s ' $cipher
    openssl enc -$cipher -K $key -iv 000102030405060708090a0b0c0d0e0f -in data -out box 2>/dev/null
    openssl sha256 -r <box | cut -c1-64
    openssl enc -d -$cipher -K $key -iv 000102030405060708090a0b0c0d0e0f -in box 2>/dev/null | cmp - data
done
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
