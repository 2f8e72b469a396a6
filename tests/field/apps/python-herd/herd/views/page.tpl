<!doctype html><meta charset="utf-8"><title>{{title}}</title>
{{!base}}
