# smells: none
FROM fedora:41
RUN dnf install -y --setopt=install_weak_deps=False nginx && dnf clean all
CMD ["nginx", "-g", "daemon off;"]
