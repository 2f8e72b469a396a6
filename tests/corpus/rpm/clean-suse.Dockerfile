# smells: none
FROM opensuse/leap:15.6
RUN zypper --non-interactive install --no-recommends nginx && zypper clean --all
CMD ["nginx"]
