export default () => "daily report"
