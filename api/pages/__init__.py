"""The web page: for those who would rather look than type JSON.

Everything for asking and reading is made on the server and works without JavaScript; the script
adds uploads and rebuilds with progress, over the calls under `/v1`.
"""
