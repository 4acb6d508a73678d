cd /tmp && python3 -m venv v && . v/bin/activate && which python pip && pip --version | sed 's/from.*(/(/'
mkdir -p pkg/greeter && cd pkg && printf 'def main():\n    print("greetings")\n' >greeter/__init__.py
cat >setup.py <<'S'
from setuptools import setup
setup(name='greeter', version='1.2', packages=['greeter'], entry_points={'console_scripts': ['greet=greeter:main']})
S
pip install -q --no-index --no-build-isolation --disable-pip-version-check . >/tmp/log 2>&1; echo "installed $?"
cd /; greet; pip list --disable-pip-version-check 2>/dev/null | awk '/greeter/ {print $1, $2}'; python -c 'import greeter, sys; print(greeter.__file__, sys.prefix)'
pip install --no-index nothing 2>&1 | grep -c 'No matching'; pip uninstall -q -y greeter; python -c 'import greeter' 2>&1 | tail -1; deactivate; which python3
python3 -m zipapp /tmp/pkg -o /tmp/z.pyz -m greeter:main && python3 /tmp/z.pyz; python3 -m timeit -n 1 -r 1 pass >/dev/null; python3 -m unittest -q 2>&1 | tail -1; echo '{"b": [1, 2]}' | python3 -m json.tool --compact
