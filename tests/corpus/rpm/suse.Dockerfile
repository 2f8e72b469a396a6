# smells: weak-packages zypper-cache
FROM opensuse/leap:15.6
RUN zypper --non-interactive install nginx
CMD ["nginx"]
