# What the tea house tracks.
Setting.rest_api_enabled = '1'
Setting.jsonp_enabled = '0'
Setting.host_name = 'redmine.tea.example'
Setting.app_title = 'Tea house'
Setting.text_formatting = 'common_mark'
Setting.default_language = 'en'
Setting.enabled_scm = ['Git']
Setting.sys_api_enabled = '1'
Setting.sys_api_key = 'kettle'

admin = User.find_by_login('admin')
admin.password = admin.password_confirmation = 'two leaves'
admin.must_change_passwd = false
admin.save!
Token.create!(user: admin, action: 'api').update_column(:value, '0123456789abcdef0123456789abcdef01234567')
Token.create!(user: admin, action: 'feeds').update_column(:value, 'fedcba9876543210fedcba9876543210fedcba98')
User.current = admin

project = Project.create!(name: 'Kettles', identifier: 'kettles', is_public: true, trackers: Tracker.all,
                          enabled_module_names: Redmine::AccessControl.available_project_modules)
Member.create!(project: project, principal: admin, roles: [Role.givable.first])
version = Version.create!(project: project, name: 'Spring', due_date: Date.new(2030, 5, 1))
issue = Issue.create!(project: project, tracker: Tracker.first, author: admin, subject: 'Lid rattles',
                      description: "Only *when* it boils:\n\n```ruby\nputs :steam\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |",
                      priority: IssuePriority.default || IssuePriority.first, start_date: Date.new(2030, 4, 1),
                      due_date: Date.new(2030, 4, 9), fixed_version: version, estimated_hours: 3)
TimeEntry.create!(project: project, issue: issue, user: admin, author: admin, hours: 1.5, spent_on: Date.new(2030, 4, 2),
                  activity: TimeEntryActivity.first, comments: 'listened')
wiki = project.wiki || Wiki.create!(project: project, start_page: 'Wiki')
page = WikiPage.create!(wiki: wiki, title: 'Wiki')
WikiContent.create!(page: page, author: admin, text: "# Kettles\n\n{{toc}}\n\n## Copper\n\nSee #1 and {{collapse(More)\nSteam.\n}}")
News.create!(project: project, author: admin, title: 'New leaves', description: 'From Assam')
Board.create!(project: project, name: 'Talk', description: 'of tea')
Attachment.create!(file: File.open('/etc/tea/code/README.md'), filename: 'notes.md', author: admin, container: issue)
Repository::Git.create!(project: project, identifier: '', url: '/srv/code.git', is_default: true)
