printf 'alpha\nbeta\ngamma\n' >file
vim -u NONE -es -c '%s/a$/A/' -c '2d' -c 'normal Goadded' -c wq file </dev/null; echo "status $?"
cat file
