# smells: dnf-cache weak-packages
FROM registry.access.redhat.com/ubi9/ubi-minimal
RUN microdnf install -y shadow-utils
CMD ["true"]
