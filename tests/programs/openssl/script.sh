cd /tmp
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out cert -subj /CN=tawaki -days 3 2>/dev/null
openssl x509 -in cert -noout -subject
openssl s_server -accept 4433 -cert cert -key key -quiet -www >/dev/null 2>&1 & sleep 2
curl -sS --retry 30 --retry-delay 1 --retry-connrefused --cacert cert --resolve tawaki:4433:127.0.0.1 https://tawaki:4433/ 2>/dev/null | grep -c 'Cipher'
kill %1; wait 2>/dev/null
openssl genrsa 1024 2>/dev/null | openssl rsa -check -noout
echo secret | openssl enc -aes-256-cbc -pbkdf2 -pass pass:x -S 0011223344556677 | openssl base64
